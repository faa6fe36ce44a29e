"""A CPU or an accelerator as PyTorch uses it."""

import torch
from torch import Tensor

from dlbench import units
from dlbench.backends.torch.copies import TorchBuffers
from dlbench.backends.torch.precision import to_numpy
from dlbench.errors import Unavailable
from dlbench.machine import allocators
from dlbench.reference.arrays import Array

MS = 1e3

# A build of PyTorch for ROCm calls its devices `cuda`: docs.pytorch.org/docs/stable/notes/hip.html
NATIVE = {"rocm": "cuda"}

# What one device of a kind is called.
WORDS = {"cuda": "CUDA GPU", "rocm": "ROCm GPU", "mps": "Apple GPU", "xpu": "Intel GPU"}


def seen(kind: str) -> int:
    """Return how many accelerators of a kind PyTorch sees."""
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    if kind == "xpu":
        return torch.xpu.device_count()
    is_built = torch.version.hip if kind == "rocm" else torch.version.cuda
    return torch.cuda.device_count() if is_built else 0


def card_uuid(device: torch.device) -> str | None:
    """Return the UUID of a CUDA GPU; None if this release of PyTorch does not tell it."""
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    return None if uuid is None else str(uuid)


class CudaSpinner:
    """Spins and events on the current stream of a GPU; events resolve half a microsecond.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.Event.html
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def spin(self, cycles: int) -> None:
        """Ask the GPU to spin; PyTorch's own tests do it so."""
        with torch.cuda.device(self.device):
            torch.cuda._sleep(cycles)  # type: ignore[no-untyped-call]  # noqa: SLF001

    def mark(self) -> torch.cuda.Event:
        """Return an event after all work so far."""
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        return event

    def has_passed(self, mark: torch.cuda.Event) -> bool:
        """Return whether the GPU has got as far as the event."""
        return bool(mark.query())  # type: ignore[no-untyped-call]

    def seconds(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        """Return the seconds between two events; CUDA counts in milliseconds."""
        return start.elapsed_time(end) / MS


class TorchDevice:
    """A device with its index, as tensors report it.

    native: PyTorch calls an AMD card `cuda`, too.
    """

    def __init__(self, name: str) -> None:
        self.kind, _, index = name.partition(":")
        kind = NATIVE.get(self.kind, self.kind)
        self.native = torch.device(kind) if kind == "cpu" else torch.device(kind, int(index or 0))
        self.is_cuda = kind == "cuda"

    def require(self) -> None:
        """Raise Unavailable unless PyTorch sees the device."""
        if self.kind == "cpu":
            return
        count = seen(self.kind)
        if self.native.index >= count:
            raise Unavailable(
                f"PyTorch {torch.__version__} sees {units.counted(count, WORDS[self.kind])}, "
                "not the device",
                value=f"{self.kind}:{self.native.index}",
                hint="Install the GPU's driver and a build of PyTorch for it, with the pip command "
                "from https://pytorch.org/get-started/locally. Or choose --device cpu",
            )

    def wait(self) -> None:
        """Synchronise an accelerator; CPU calls return when they are done."""
        if self.is_cuda:
            torch.cuda.synchronize(self.native)
        elif self.kind == "mps":
            torch.mps.synchronize()
        elif self.kind == "xpu":
            torch.xpu.synchronize(self.native)

    def queue(self) -> CudaSpinner | None:
        """Return spins and events of a GPU; None on the CPU."""
        return CudaSpinner(self.native) if self.is_cuda else None

    def place(self, tensor: Tensor) -> tuple[str, str]:
        """Return device and dtype by the tensor's own account."""
        device = str(tensor.device).replace(self.native.type, self.kind, 1)
        return device, str(tensor.dtype).removeprefix("torch.")

    def array(self, tensor: Tensor) -> Array:
        """Return a copy on the host."""
        return to_numpy(tensor.detach()).copy()

    def threads(self) -> int | None:
        """Return the number of intra-op threads."""
        return torch.get_num_threads()

    def facts(self) -> dict[str, str | int | None]:
        """Return versions and the precision of float32 products."""
        return {
            "torch": str(torch.__version__),
            "cuda": torch.version.cuda,
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
            "device_name": torch.cuda.get_device_name(self.native) if self.is_cuda else None,
            "card_uuid": card_uuid(self.native) if self.kind == "cuda" else None,
        }

    def empty_cache(self) -> None:
        """Free the memory that the allocator of an accelerator keeps."""
        if self.kind != "cpu":
            getattr(torch, self.native.type).empty_cache()

    def buffers(self, size: int, *, pinned: bool) -> TorchBuffers:
        """Return memory of so many bytes on the host and on the device."""
        return TorchBuffers(self.native, size, pinned=pinned)

    def begin_peak(self) -> None:
        """Count the bytes of tensors on a GPU from now on."""
        if self.is_cuda:
            torch.cuda.reset_peak_memory_stats(self.native)

    def peak_bytes(self) -> int | None:
        """Return the most bytes of tensors on a GPU since then; None on the CPU."""
        return torch.cuda.max_memory_allocated(self.native) if self.is_cuda else None

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Return whether it is PyTorch's own error, or that of a library, such as cuBLAS."""
        return isinstance(error, torch.OutOfMemoryError) or allocators.is_out_of_memory(error)

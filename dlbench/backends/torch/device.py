"""A CPU or a CUDA GPU as PyTorch uses it."""

import torch
from torch import Tensor

from dlbench import units
from dlbench.backends.torch.precision import to_numpy
from dlbench.errors import Unavailable
from dlbench.machine import allocators
from dlbench.reference.arrays import Array

MS = 1e3


class CudaClock:
    """Events on the current stream of a GPU, with a resolution of half a microsecond.

    https://docs.pytorch.org/docs/stable/generated/torch.cuda.Event.html
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def mark(self) -> torch.cuda.Event:
        """Return an event after all work so far."""
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        return event

    def seconds(self, start: torch.cuda.Event, end: torch.cuda.Event) -> float:
        """Return the seconds between two events; CUDA counts in milliseconds."""
        return start.elapsed_time(end) / MS


class TorchDevice:
    """A device with its index, as tensors report it."""

    def __init__(self, name: str) -> None:
        kind, _, index = name.partition(":")
        self.native = torch.device(kind) if kind == "cpu" else torch.device(kind, int(index or 0))
        self.is_cuda = kind == "cuda"

    def require(self) -> None:
        """Raise Unavailable unless PyTorch sees the device."""
        if self.native.type == "cpu":
            return
        count = torch.cuda.device_count()
        if self.native.index >= count:
            raise Unavailable(
                f"PyTorch {torch.__version__} sees {units.counted(count, 'GPU')}, not the device",
                value=str(self.native),
                hint="Install the GPU's driver and a CUDA build of PyTorch, with the pip command "
                "from https://pytorch.org/get-started/locally. Or choose --device cpu",
            )

    def wait(self) -> None:
        """Synchronise CUDA; CPU calls return when they are done."""
        if self.is_cuda:
            torch.cuda.synchronize(self.native)

    def clock(self) -> CudaClock | None:
        """Return a clock of CUDA events; None on the CPU."""
        return CudaClock(self.native) if self.is_cuda else None

    def place(self, tensor: Tensor) -> tuple[str, str]:
        """Return device and dtype by the tensor's own account."""
        return str(tensor.device), str(tensor.dtype).removeprefix("torch.")

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
        }

    def empty_cache(self) -> None:
        """Free the memory that CUDA's allocator keeps."""
        if self.is_cuda:
            torch.cuda.empty_cache()

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

"""A CPU or a CUDA GPU as PyTorch uses it."""

import torch
from torch import Tensor

from dlbench import units
from dlbench.errors import Unavailable
from dlbench.reference.arrays import Array

MS = 1e3


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

    def queue(self) -> CudaSpinner | None:
        """Return spins and events of a GPU; None on the CPU."""
        return CudaSpinner(self.native) if self.is_cuda else None

    def place(self, tensor: Tensor) -> tuple[str, str]:
        """Return device and dtype by the tensor's own account."""
        return str(tensor.device), str(tensor.dtype).removeprefix("torch.")

    def array(self, tensor: Tensor) -> Array:
        """Return a copy on the host."""
        return tensor.detach().cpu().numpy().copy()

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

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Return whether it is CUDA's own error, or the RuntimeError of the CPU allocator."""
        if isinstance(error, MemoryError | torch.OutOfMemoryError):
            return True
        return isinstance(error, RuntimeError) and "allocate memory" in str(error)

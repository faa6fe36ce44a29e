"""What a framework says of itself, without measuring anything."""

from msgspec import field

from dlbench.records.base import Record, Whole


class FrameworkFacts(Record, frozen=True):
    """A framework's build, and the GPUs that it sees.

    cuda: the version of CUDA that it was built for, such as `13.0`; rocm: the same of ROCm; both
    are empty in a build for the CPU alone. gpus: the names of those that it sees; gpu_error: its
    own words if it could not look. architectures: GPUs that the build has code for, such as `sm_90`
    and `compute_90`, None if it does not tell. products: what computes matrix products on the CPU,
    None if unknown; is_optimised: whether that is made for this kind of CPU. devices: by kind, such
    as `mps`, how many accelerators it sees.
    """

    version: str
    cuda: str = ""
    rocm: str = ""
    gpus: tuple[str, ...] = ()
    gpu_error: str = ""
    architectures: tuple[str, ...] | None = None
    products: str | None = None
    is_optimised: bool = True
    devices: dict[str, Whole] = field(default_factory=dict)

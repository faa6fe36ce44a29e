"""What a device can do at most, and what a call takes at least, as measured on a machine.

Rates are in GFLOP/s (1e9 floating-point operations a second) and GB/s (1e9 bytes a second).
"""

from typing import Annotated, Literal

from msgspec import Meta

from dlbench.records.base import Finite, Record, Whole
from dlbench.records.case import Target

# No machine is slower or faster; so what is computed from it stays finite.
Rate = Annotated[float, Meta(ge=1e-9, le=1e15)]

# The smallest steps whose time is measured: `predict` of a network with one weight, on one row; the
# product of two numbers, as matrices.
SmallestStep = Literal["predict", "matmul"]

Direction = Literal["up", "down"]


class Blocks(Record, frozen=True):
    """The blocks of a measurement: how many, and how many of them other programs disturbed."""

    count: Whole
    disturbed: Whole

    @property
    def are_quiet(self) -> bool:
        """Return whether other programs disturbed at most half of them."""
        return 2 * self.disturbed <= self.count


class Ceiling(Record, frozen=True):
    """The fastest matrix product that was found, (m, k) by (k, n).

    gflops: of the fastest block; median_gflops: of the median block; tried: the number of products
    that the search measured.
    """

    target: Target
    m: Whole
    n: Whole
    k: Whole
    gflops: Rate
    median_gflops: Rate
    tried: Whole
    blocks: Blocks


class Bandwidth(Record, frozen=True):
    """The rate between main memory and the cores, by the fastest block of a = b + c in float64.

    As in STREAM, 24 bytes are counted for each element: two numbers read and one written.
    array_bytes: the size of each array.
    """

    threads: Whole
    gb_s: Rate
    array_bytes: Whole
    blocks: Blocks


class Floor(Record, frozen=True):
    """The time of the smallest step, by the median block: what a framework costs for every call."""

    target: Target
    step_s: Annotated[float, Meta(ge=1e-12, le=1e9)]
    blocks: Blocks
    step: SmallestStep = "predict"


class Transfer(Record, frozen=True):
    """Copies between the memory of the host and of a device: seconds = start_s + bytes / rate.

    target: whose framework copied; direction: `up` to the device, `down` from it; pinned: whether
    the memory of the host is page-locked; sizes: of the copies, in bytes; worst: the largest
    deviation of a time from the line, a share.
    """

    target: Target
    direction: Direction
    pinned: bool
    start_s: Annotated[float, Meta(ge=0, le=1e9)]
    gb_s: Rate
    sizes: tuple[Whole, ...]
    worst: Finite
    blocks: Blocks


class Roofs(Record, frozen=True):
    """What `dlbench hardware` measured of a machine: by it, other times can be judged.

    measured: when, in ISO 8601, for the last time; cache_bytes: the last-level caches of the CPU
    together, None if unknown.
    """

    measured: str
    ceilings: tuple[Ceiling, ...] = ()
    bandwidths: tuple[Bandwidth, ...] = ()
    floors: tuple[Floor, ...] = ()
    cache_bytes: Whole | None = None
    transfers: tuple[Transfer, ...] = ()

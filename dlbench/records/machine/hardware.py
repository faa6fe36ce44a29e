"""What `dlbench hardware` measures and knows of a machine.

Rates are in GFLOP/s (1e9 floating-point operations a second) and GB/s (1e9 bytes a second).
"""

from dlbench.records.base import Record, Whole
from dlbench.records.case import ModeKind, Target
from dlbench.records.machine.roofs import Bandwidth, Ceiling, Floor, Rate, Roofs, Transfer
from dlbench.records.run import Environment


class Price(Record, frozen=True):
    """An amount of money. currency: three letters, as in ISO 4217."""

    amount: Rate
    currency: str

    @property
    def text(self) -> str:
        """Return the price as it is typed: `385 USD`."""
        return f"{self.amount:g} {self.currency}"


class Processor(Record, frozen=True):
    """A CPU or GPU of this machine, or a published one.

    device: `cpu`, `cuda` or `cuda:1`; cores: those that this process may use, of a GPU the
    single-precision units; threads: the hardware threads of these cores; clock_ghz, clock_source:
    its clock, and where that comes from; bandwidth_gb_s: the published one. None is unknown.
    """

    device: str
    name: str | None
    cores: int | None = None
    threads: int | None = None
    clock_ghz: Rate | None = None
    clock_source: str = ""
    memory_bytes: int | None = None
    price: Price | None = None
    bandwidth_gb_s: Rate | None = None


class Peak(Record, frozen=True):
    """What a processor can reach at most by what is published of it.

    how: where it comes from; check: a second way to it, None without one.
    """

    device: str
    dtype: str
    threads: int
    gflops: Rate
    how: str
    check: str | None = None


class Clock(Record, frozen=True):
    """The CPU time of a multiplication and an addition of float64 that wait for each other.

    In so many threads at a time, in nanoseconds. The cycles of both, divided by it, are the clock.
    """

    threads: int
    chain_ns: Rate


Finding = Ceiling | Bandwidth | Clock | Floor | Transfer


# A target and the kind of its mode.
Kinded = tuple[Target, ModeKind]


class Products(Record, frozen=True):
    """Matrix products of one dtype, in so many threads of a device: one ceiling.

    targets: the frameworks that may reach it.
    """

    device: str
    dtype: str
    threads: int
    targets: tuple[Kinded, ...]


class HardwarePlan(Record, frozen=True):
    """What to measure of a machine.

    products: the ceilings, of each device the most important first; floors: the smallest steps,
    the cheapest first; threads: of the memory bandwidth and the clock, none without a CPU;
    array_bytes: the size of an array of the sum; memory_bytes: the memory that operands and results
    of a product may take, by device; budget_s: about how long all takes; notes: what is left out,
    and why.
    """

    products: tuple[Products, ...]
    floors: tuple[Kinded, ...]
    threads: tuple[int, ...]
    array_bytes: int
    memory_bytes: dict[str, int]
    budget_s: float
    notes: tuple[str, ...] = ()


class Hardware(Record, frozen=True):
    """This machine: what it is, what it can reach by what is published, and what was measured.

    seconds: what measuring took; dlbench: its version; notes: what was not measured, and why;
    cache_bytes: the last-level caches of the CPU together, None if unknown; transfers: None if none
    was measured, which the notes tell the reason of.
    """

    started: str
    dlbench: str
    seconds: float
    environment: Environment
    processors: tuple[Processor, ...]
    peaks: tuple[Peak, ...]
    ceilings: tuple[Ceiling, ...]
    bandwidths: tuple[Bandwidth, ...]
    floors: tuple[Floor, ...]
    clocks: tuple[Clock, ...] = ()
    notes: tuple[str, ...] = ()
    cache_bytes: Whole | None = None
    transfers: tuple[Transfer, ...] | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was measured."""
        return not (self.ceilings or self.bandwidths or self.floors)

    @property
    def roofs(self) -> Roofs:
        """Return what other times of this machine can be judged by."""
        return Roofs(
            self.started,
            self.ceilings,
            self.bandwidths,
            self.floors,
            self.cache_bytes,
            self.transfers or (),
        )

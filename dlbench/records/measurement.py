"""The measurements of a worker: samples and checks, per case and generation."""

from math import inf
from typing import Annotated, Literal

from msgspec import Meta, field

from dlbench.records.base import Finite, Record, Seconds, Whole
from dlbench.records.machine.device_time import DeviceTime
from dlbench.records.machine.telemetry import Telemetry
from dlbench.records.own import Twin

Status = Literal["ok", "skipped", "parity_failed", "failed", "timed_out", "out_of_memory"]


StopReason = Literal["precision", "plateau", "blocks", "budget", "interrupted", "decided"]


Flag = Literal[
    "busy", "stolen", "throttled", "unparked", "ramp", "capped", "hot", "slow_clock", "shared"
]


Caches = Literal["cold", "warm"]


# Counts are measured and not typed by a user: as many as 64 bits hold.
Count = Annotated[int, Meta(ge=1, le=2**63 - 1)]


# Flag of a block of a lead-in: it runs while the case gets up to speed, and does not count.
RAMP: Flag = "ramp"


# Flags of a block that others slowed down, which interleaving cannot cancel. `throttled`, `capped`
# and `hot` are not among them: the case itself uses up the quota, or the power of the card.
DISTURBED: frozenset[Flag] = frozenset(("busy", "stolen", "unparked", "slow_clock", "shared"))


# gc=False: a run has millions of them, and none holds what could hold it.
class Sample(Record, frozen=True, gc=False):
    """One timed block: `iterations` steps between two device syncs.

    host_s: seconds on the host's clock; issued_s: those until the last call returned, before the
    wait for the device, None before version 10; device_s: of versions below 10, seconds between two
    events on the device's clock; started_s: the time of the start; renewal: the number of renewals
    of the worker before.

    Disturbances, None if the system does not report them. foreign_s: CPU seconds that the cores
    spent on other processes; waited_s: seconds that threads of the worker waited for a core, summed
    over threads; steal_s: seconds taken by the hypervisor; throttled_s: seconds stopped by the
    cgroup's quota, summed over cores (machine/counters.py); running: the number of the worker's
    threads that can run at a time; switches: involuntary context switches of the worker; parked_s:
    CPU seconds that the parked workers used while this one ran: 0 proves that they did nothing;
    cpu_s: CPU seconds of the worker itself, its threads and the programs it started. lead_s:
    untimed seconds right before the block: initial weights, untimed steps. card: what a GPU tells.
    """

    iterations: Count
    host_s: Seconds
    started_s: Finite
    device_s: Seconds | None = None
    round: Whole = 0
    generation: Whole = 0
    renewal: Whole = 0
    foreign_s: Seconds | None = None
    waited_s: Seconds | None = None
    steal_s: Seconds | None = None
    throttled_s: Seconds | None = None
    switches: Whole | None = None
    parked_s: Seconds | None = None
    cpu_s: Seconds | None = None
    lead_s: Seconds | None = None
    flags: tuple[Flag, ...] = ()
    running: Whole | None = None
    card: Telemetry | None = None
    issued_s: Seconds | None = None

    @property
    def step_s(self) -> float:
        """Return the seconds of one step."""
        return self.host_s / self.iterations

    @property
    def own_s(self) -> float:
        """Return the seconds of the block, of old runs on the device's clock if there was one."""
        return self.host_s if self.device_s is None else self.device_s

    @property
    def is_disturbed(self) -> bool:
        """Return whether other programs affected the block's time."""
        return not DISTURBED.isdisjoint(self.flags)

    @property
    def is_quiet(self) -> bool:
        """Return whether the block shows the steady speed: undisturbed, timed, not of a lead-in."""
        return self.step_s > 0 and RAMP not in self.flags and not self.is_disturbed


class Stretch(Record, frozen=True, gc=False):
    """The blocks of a case in one go, right after a pause of `pause_s` seconds.

    The blocks of its first `lead_s` seconds have the flag `ramp`: the case gets up to speed.
    is_steady: whether the speed did not change any more at its end.
    """

    pause_s: Seconds
    lead_s: Seconds
    is_steady: bool
    samples: tuple[Sample, ...]


class ParityCheck(Record, frozen=True):
    """One quantity against the float64 oracle, at its worst element.

    error and tolerance are absolute differences divided by the quantity's largest magnitude.
    error is None where the difference is not a finite number.
    """

    quantity: str
    error: Finite | None
    tolerance: Annotated[float, Meta(gt=0, le=1e300)]

    @property
    def passed(self) -> bool:
        """Return whether the error is within the tolerance."""
        return self.error is not None and self.error <= self.tolerance

    @property
    def subject(self) -> str:
        """Return the quantity in words, such as "the bias of layer 1 after one step"."""
        step, _, quantity = self.quantity.rpartition(": ")
        kind, _, name = quantity.rpartition("/")
        layer, dot, array = name.partition(".")
        words = f"the {array} of layer {layer.removeprefix('layer')}" if dot else f"the {name}"
        words = f"the gradient by {words}" if kind == "gradient" else words
        after = " after one step" if kind == "weight" else ""
        return f"{words}{after}" + (f" ({step})" if step else "")

    @property
    def fault(self) -> str:
        """Return in words why the check fails: the error and its quantity."""
        if self.error is None:
            return f"no finite number in {self.subject}"
        return (
            f"relative error of {self.error:.2g} in {self.subject} (allowed: {self.tolerance:.2g})"
        )

    @property
    def share(self) -> float:
        """Return the error as a share of its tolerance; infinite if the error is no number."""
        return inf if self.error is None else self.error / self.tolerance


class Compiling(Record, frozen=True):
    """The compiling of a static mode at the first calls of a case, in one generation.

    caches: `warm` if compiled code of an earlier process was available, else `cold`; start_s: the
    seconds to start the compiler, once per process; graphs: the number of graphs before the first
    call and after each call; peak_bytes: the rise of the worker's resident memory, without the
    programs that the compiler starts; None if the system does not report it.
    """

    caches: Caches
    start_s: Seconds
    graphs: Annotated[tuple[Whole, ...], Meta(min_length=2)]
    peak_bytes: Whole | None = None


class Memory(Record, frozen=True):
    """The most memory that a case held, without its check against the oracle.

    resident_bytes: of its whole process on the host, the framework included; device_bytes: of its
    tensors on the device, by the framework's account. None if unknown.
    """

    resident_bytes: Whole | None = None
    device_bytes: Whole | None = None

    def most(self, other: "Memory") -> "Memory":
        """Return the larger of each."""
        return Memory(
            _larger(self.resident_bytes, other.resident_bytes),
            _larger(self.device_bytes, other.device_bytes),
        )


def _larger(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


class Measurement(Record, frozen=True):
    """The raw measurements of one case in one generation: one line on disk.

    case: its id; reason: why the status is not `ok`; starting_s: seconds of starting its worker, by
    its share of the CPU time of all that started together, 0 if an earlier case did, None if
    unknown; preparing_s: seconds from then to the end of its warm-up; calls_s: the seconds of each
    first call; start_s: the seconds that the process took to start computing, once, before its
    first case; None in a static mode, whose compiler's start contains it, and unknown before
    version 8. samples: the blocks that were timed in turns; lead_ins: the blocks before those of
    each turn; lead_s: the seconds of a lead-in, at the end; stretches: uninterrupted blocks, before
    the first turn and after the last; memory: unknown before version 10; twin: of a network in a
    user's own file; device: what is known of the device's part, None before version 10.
    """

    case: str
    status: Status
    reason: str | None = None
    generation: Whole = 0
    starting_s: Seconds | None = None
    preparing_s: Seconds | None = None
    calls_s: tuple[Seconds, ...] = ()
    start_s: Seconds | None = None
    warmup: tuple[Sample, ...] = ()
    samples: tuple[Sample, ...] = ()
    lead_ins: tuple[Sample, ...] = ()
    lead_s: Seconds = 0.0
    stretches: tuple[Stretch, ...] = ()
    stop_reason: StopReason | None = None
    parity: tuple[ParityCheck, ...] = ()
    compiling: Compiling | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)
    memory: Memory = Memory()
    twin: Twin | None = None
    device: DeviceTime | None = None


class Notice(Record, frozen=True):
    """A note to the user before the measurements start."""

    text: str


Phase = Literal[
    "starting",
    "preparing",
    "checking",
    "warming up",
    "ramping up",
    "measuring",
    "renewing",
    "ending",
]


# Phases in which a time is taken.
TIMED: frozenset[Phase] = frozenset(("warming up", "ramping up", "measuring", "renewing", "ending"))


class Progress(Record, frozen=True):
    """The present activity, for a progress display.

    done: the number of finished cases; part: the same of the cases under way, by their samples;
    is_timed: whether a time is taken now, so that the display must not draw by itself; case: the id
    of the case whose turn comes, empty if the activity is that of several.

    Of a run only: the phase of the row; row: the id of its workload; generation: its number, from
    0, of `generations`; round: the number of the round of samples, from 1, of `rounds` planned
    ones; more follow if some are disturbed.
    """

    doing: str
    done: int
    total: int
    part: float = 0.0
    is_timed: bool = False
    case: str = ""
    phase: Phase | None = None
    row: str = ""
    generation: int = 0
    generations: int = 1
    round: int = 0
    rounds: int = 0


class Taken(Record, frozen=True):
    """The blocks of a turn, for a progress display; the Measurement of the case holds them too."""

    case: str
    blocks: tuple[Sample, ...]

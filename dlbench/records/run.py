"""The head of a run: plan, machine, software and schema version."""

from typing import Literal, TypeAlias

from msgspec import field

from dlbench.records.base import Finite, NotNegative, Record, Whole
from dlbench.records.machine.device import Device
from dlbench.records.machine.occupant import Occupant
from dlbench.records.machine.roofs import Roofs
from dlbench.records.plan import Plan
from dlbench.records.settings import Departure, Difference

# 2: a line is one case in one generation; samples have counters of disturbances; null cases.
# 3: targets have a loop and callbacks.
# 4: lines have a record of compiling.
# 5: the environment has the microarchitecture of the CPU and its vector instructions.
# 6: lines have stretches without a pause and the samples of lead-ins.
# 7: samples have the worker's own CPU time; the head has the usual luck of the machine.
# 8: rows have one null per device, another in each generation; targets have a call; the head has
#    settings and differences of the backends, and what limits the cores; samples have the threads
#    that can run at a time; epochs of a training have the counters of disturbances; lines
#    have the start of the device.
# 9: the head has what pairs of its cases came to in earlier runs.
# 10: the head has what was measured of the machine before, by which times are judged, the dtypes in
#     which frameworks multiply by default, what else measured on the machine, and its devices;
#     lines have the memory, the device's part and, of a user's own file, the twin; samples have
#     what a card tells of itself, and the time until the last call returned in place of the
#     device's events; the sampling has a limit of memory.
SCHEMA_VERSION = 10

CoreLimit = Literal["affinity", "quota"]


class Environment(Record, frozen=True):
    """The machine and the software of a run; None where a fact cannot be read.

    cpu: the model; microarchitecture: the compilers' name of its family, such as `zen3`;
    vector_features: its vector instructions, such as `avx2`. Runs of schema versions below 5 have
    neither of the last two.
    core_limit: why fewer cores are usable than there are; quota_cores: the CPU seconds per second
    that a control group allows, None without a quota. Runs of schema versions below 8 have neither.
    gpus: the names of the cards that programs see; devices: all cards of the driver, also hidden
    ones; empty in runs of schema versions below 10.
    """

    system: str
    cpu: str | None
    cores: Whole
    usable_cores: Whole
    memory_bytes: Whole | None
    gpus: tuple[str, ...]
    python: str
    versions: dict[str, str]
    variables: dict[str, str]
    microarchitecture: str | None = None
    vector_features: tuple[str, ...] = ()
    core_limit: CoreLimit | None = None
    quota_cores: Finite | None = None
    devices: tuple[Device, ...] = ()


Standing: TypeAlias = dict[str, dict[str, Finite]]
"""What one repetition came to: by workload and target, the log ratio to one of its targets."""


class UsualLuck(Record, frozen=True):
    """How much processes that do the same usually differ on this machine.

    variance: of the log ratio of two; df: the number of repetitions that it is worth; runs: the
    number of earlier runs; earlier: what the pairs of this run came to in their repetitions, the
    last one last.
    """

    variance: NotNegative
    df: NotNegative
    runs: Whole
    earlier: tuple[Standing, ...] = ()


class Run(Record, frozen=True):
    """One invocation of `dlbench run`: the head of a results folder.

    started: the time of the start in ISO 8601; dlbench: its version; luck: what earlier runs on
    this machine showed, None without any; settings: by backend, what differed from the framework's
    defaults; differences: by backend, what comes out differently by definition; usual_dtypes: by
    backend and kind of device, the dtype in which it multiplies float32 by default; all three are
    empty in older runs. roofs: what was measured of the machine before, None if nothing. beside:
    what else measured on this machine meanwhile.
    """

    id: str
    started: str
    command: str
    plan: Plan
    environment: Environment
    dlbench: str
    luck: UsualLuck | None = None
    settings: dict[str, tuple[Departure, ...]] = field(default_factory=dict)
    differences: dict[str, tuple[Difference, ...]] = field(default_factory=dict)
    roofs: Roofs | None = None
    usual_dtypes: dict[str, dict[str, str]] = field(default_factory=dict)
    beside: tuple[Occupant, ...] = ()
    schema_version: int = SCHEMA_VERSION

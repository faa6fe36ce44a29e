"""The messages between supervisor and worker; transport.py sends them."""

from typing import Literal

from msgspec import field

from dlbench.records.base import Finite, Record, Seconds
from dlbench.records.case import ModeKind, Target, Workload
from dlbench.records.framework import FrameworkFacts
from dlbench.records.layers import Optimizer
from dlbench.records.machine.device_time import DeviceTime
from dlbench.records.measurement import Compiling, Memory, ParityCheck, Sample, Status, Stretch
from dlbench.records.network import Network
from dlbench.records.own import Twin
from dlbench.records.plan import Sampling
from dlbench.records.training import EpochResult

GaugeName = Literal["sum", "chain", "up", "down", "up_pinned", "down_pinned"]


class Start(Record, frozen=True, tag="start"):
    """Import the framework and set it up; answered by Ready.

    target: its device is the one that the worker sees, the first of its kind if it sees one card
    alone; scratch: the folder for compiled code; renewable: whether Renew may follow; card: the
    UUID of its card, empty if there is none or nobody knows.
    """

    target: Target
    scratch: str
    mode_kind: ModeKind = "dynamic"
    renewable: bool = False
    card: str = ""


class Probe(Record, frozen=True, tag="probe"):
    """Ask a framework what it is and which GPUs it sees; answered by Probed. Needs no Start."""

    backend: str


class Renew(Record, frozen=True, tag="renew"):
    """Continue as a fresh copy of the started process, without cases; answered by Ready."""


class Prepare(Record, frozen=True, tag="prepare"):
    """Bind a workload and time its first calls; answered by Prepared."""

    case: str
    workload: Workload
    networks: dict[str, Network]
    seed: int


class Check(Record, frozen=True, tag="check"):
    """Compare the results of a prepared case with the oracle; answered by Verified."""

    case: str


class WarmUp(Record, frozen=True, tag="warm_up"):
    """Run until steady and choose the size of the blocks; answered by Warm.

    iterations: the block size of an earlier copy of this worker; then run one block of this size.
    """

    case: str
    sampling: Sampling
    iterations: int | None = None


class Sustain(Record, frozen=True, tag="sustain"):
    """Time blocks without a pause until steady, at most `longest_s`; answered by Sustained."""

    case: str
    longest_s: float


class Turn(Record, frozen=True, tag="turn"):
    """Run for `lead_s` seconds, then time so many blocks; answered by Timed."""

    case: str
    lead_s: float
    blocks: int


class Verify(Record, frozen=True, tag="verify"):
    """Check all results of a network; answered by Verified."""

    network: Network
    optimizers: dict[str, Optimizer]
    seed: int


class WorkOut(Record, frozen=True, tag="work_out"):
    """Compute a worked example of the lecture (parity/examples.py); answered by WorkedOut."""

    example: str


class StartTraining(Record, frozen=True, tag="start_training"):
    """Prepare a network for training; answered by Ready."""

    network: Network
    seed: int
    tensorboard: str | None = None
    checkpoint: str | None = None


class TrainEpoch(Record, frozen=True, tag="train_epoch"):
    """Train for one epoch; answered by EpochTrained."""


class Predict(Record, frozen=True, tag="predict"):
    """Compute the outputs of the trained network for these rows; answered by Predicted."""

    rows: tuple[tuple[float, ...], ...]


class Gauge(Record, frozen=True, tag="gauge"):
    """Time what shows a property of the machine (worker/gauges.py); answered by Timed.

    size: how large it is; threads: those that compute at a time; lead_s, blocks: as of Turn.
    """

    name: GaugeName
    size: int
    threads: int
    sampling: Sampling
    lead_s: float
    blocks: int


class Release(Record, frozen=True, tag="release"):
    """Forget a case; answered by Ready."""

    case: str


Order = (
    Start
    | Probe
    | Renew
    | Prepare
    | Check
    | WarmUp
    | Sustain
    | Turn
    | Verify
    | WorkOut
    | StartTraining
    | TrainEpoch
    | Predict
    | Gauge
    | Release
)


class Ready(Record, frozen=True, tag="ready"):
    """The order is done.

    facts: properties of the backend; process: the id of the process that answers from now on, or
    None if it is the same.
    """

    facts: dict[str, str | int | None] = field(default_factory=dict)
    process: int | None = None


class Probed(Record, frozen=True, tag="probed"):
    """What the framework says."""

    facts: FrameworkFacts


class Prepared(Record, frozen=True, tag="prepared"):
    """The first calls in seconds, one by one.

    facts: see workloads.base.Bound; start_s: see records.measurement.Measurement.
    """

    calls_s: tuple[Seconds, ...]
    compiling: Compiling | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)
    start_s: Seconds | None = None
    memory: Memory = Memory()


class Warm(Record, frozen=True, tag="warm"):
    """The samples of the warm-up, and the memory during it."""

    samples: tuple[Sample, ...]
    memory: Memory = Memory()


class Sustained(Record, frozen=True, tag="sustained"):
    """The blocks of a stretch without a pause, and the device's part; told: see Blocks.alone."""

    stretch: Stretch
    device: DeviceTime | None = None
    told: tuple[Sample, ...] = ()


class Timed(Record, frozen=True, tag="timed"):
    """The blocks of a turn. lead_ins: those before the ones that count."""

    samples: tuple[Sample, ...]
    lead_ins: tuple[Sample, ...] = ()


class Verified(Record, frozen=True, tag="verified"):
    """One check per quantity. twin: of a network in a user's own file."""

    parity: tuple[ParityCheck, ...]
    twin: Twin | None = None


class WorkedOut(Record, frozen=True, tag="worked_out"):
    """The numbers of an example, row by row."""

    values: tuple[Finite, ...]


class EpochTrained(Record, frozen=True, tag="epoch_trained"):
    """The result of an epoch."""

    result: EpochResult


class Predicted(Record, frozen=True, tag="predicted"):
    """The outputs for every row."""

    outputs: tuple[tuple[Finite, ...], ...]


class Failed(Record, frozen=True, tag="failed"):
    """The order could not be carried out."""

    status: Status
    reason: str


Reply = (
    Ready
    | Probed
    | Prepared
    | Warm
    | Sustained
    | Timed
    | Verified
    | WorkedOut
    | EpochTrained
    | Predicted
    | Failed
)

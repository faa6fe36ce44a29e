"""The nouns of dlbench as frozen, typed records: what goes over the wire and onto the disk.

It must not know how anything is computed, measured or shown. Seconds are seconds, bytes are
bytes; unknown is None. The names are those of docs/design.md.
"""

from math import inf
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, field

from dlbench.layers import Record
from dlbench.network import Network

# 2: a line is one case in one generation; samples say what disturbed them; null cases.
# 3: targets have a loop and callbacks.
# 4: lines say what compiling did.
# 5: the environment names the microarchitecture of the CPU and its vector instructions.
SCHEMA_VERSION = 5

Status = Literal["ok", "skipped", "parity_failed", "failed", "timed_out", "out_of_memory"]
StopReason = Literal["precision", "plateau", "blocks", "budget", "interrupted"]
Flag = Literal["busy", "stolen", "throttled", "unparked"]
ModeKind = Literal["dynamic", "static"]
Rigor = Literal["quick", "standard", "rigorous"]
Caches = Literal["cold", "warm"]

# Measured, and so without an upper bound.
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0)]


class Dtype(NamedTuple):
    """What is computed with.

    bytes: of one number in memory; storage: NumPy's name of the type in memory; eps: the distance
    from 1 to the next number that takes part in a product.
    """

    bytes: int
    storage: str
    eps: float


# TF32 is stored as float32, and rounds the operands of a product to 10 explicit mantissa bits:
# NVIDIA A100 Tensor Core GPU Architecture whitepaper (2020).
DTYPES: Final = {
    "float32": Dtype(4, "float32", 2.0**-23),
    "tf32": Dtype(4, "float32", 2.0**-10),
    "float64": Dtype(8, "float64", 2.0**-52),
}


class Declaration(Record, frozen=True):
    """What a backend says that it can do, as data read without importing it.

    package: the module whose presence means "installed"; distributions: the names under which
    its version is found; install: what to type to get it; modes: name to kind; devices: device
    kind to the dtypes it takes; environment: variables set before the import, in which
    `{threads}` is the thread count; loops: ways to go through an epoch, the usual one first;
    callbacks: what can be written at its end; usual: the mode of who asks for none; only_on: the
    device kinds of a mode that not all have; on_request: modes that are left out where none is
    asked for, as they take long to compile; fork_safe: whether a process in which it has started,
    and not computed yet, may be copied by fork(2): no thread that it needs is missing in the copy.
    """

    package: str
    distributions: tuple[str, ...]
    install: str
    modes: dict[str, ModeKind]
    devices: dict[str, tuple[str, ...]]
    environment: dict[str, str]
    loops: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    usual: str = "eager"
    on_request: tuple[str, ...] = ()
    only_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fork_safe: bool = False

    def variables(self, threads: int, scratch: str) -> dict[str, str]:
        """The environment with this many threads. scratch: the folder where compiled code lies."""
        return {
            name: value.replace("{threads}", str(threads)).replace("{scratch}", scratch)
            for name, value in self.environment.items()
        }


class Work(Record, frozen=True):
    """Exact work of one iteration.

    flops: of the matrix multiplications, 2mnk each; elements: operands read and results written
    by them, each once; samples: rows of the batch, None where there is no batch.
    """

    flops: int
    elements: int
    samples: int | None = None

    def bytes(self, dtype: str) -> int:
        """Bytes that the matrix multiplications must move at least, in `dtype`."""
        return self.elements * DTYPES[dtype].bytes


class Workload(Record, frozen=True):
    """What is computed: a kind, its parameters and its exact work; no framework, no clock."""

    kind: str
    params: dict[str, int | str]
    work: Work
    synthetic: bool = False

    @property
    def id(self) -> str:
        """Readable and stable, such as `train_step/mnist-512/b32` or `matmul/64x32x16`."""
        if "network" in self.params:
            named = f"{self.kind}/{self.params['network']}/b{self.params.get('batch')}"
            others = [str(v) for k, v in self.params.items() if k not in {"network", "batch"}]
            return "/".join((named, *others))
        return f"{self.kind}/" + "x".join(str(value) for value in self.params.values())


class Target(Record, frozen=True):
    """Where and how a workload runs.

    loop: how an epoch goes over its data; callbacks: what is written at its end, joined by `+`;
    both empty for all other workloads.
    """

    backend: str
    device: str
    mode: str
    dtype: str
    threads: int
    loop: str = ""
    callbacks: str = ""

    @property
    def id(self) -> str:
        """Readable and stable, such as `torch/cpu/eager/float32/t2`, `.../t2/dataloader`."""
        words = (self.backend, self.device, self.mode, self.dtype, f"t{self.threads}")
        return "/".join((*words, *filter(None, (self.loop, self.callbacks))))

    @property
    def file_name(self) -> str:
        """The id as the name of a file or folder."""
        return self.id.replace("/", "-").replace(":", "")


class Case(Record, frozen=True):
    """One workload on one target: the join key of every comparison is its id.

    null: the same again in a process of its own, to be compared with the case: nothing differs
    but luck (Kohavi et al. 2020, Trustworthy Online Controlled Experiments, ch. 19: A/A tests).
    """

    workload: Workload
    target: Target
    mode_kind: ModeKind
    skip: str | None = None
    null: bool = False

    @property
    def id(self) -> str:
        """Such as `train_step/mnist-512/b32/torch/cpu/eager/float32/t2`, `.../null` for a null."""
        return f"{self.workload.id}/{self.target.id}" + ("/null" if self.null else "")


class Group(Record, frozen=True):
    """The cases that share a workload: one row of the table, measured together.

    null: a second copy of one of the cases, measured with them and never ranked.
    """

    workload: Workload
    cases: tuple[Case, ...]
    null: Case | None = None

    @property
    def live(self) -> tuple[Case, ...]:
        """All that is measured in turns: the cases and the null."""
        return self.cases if self.null is None else (*self.cases, self.null)


class Sampling(Record, frozen=True):
    """How much is measured for each case. Times in seconds.

    rigor: the named rules that these are, or started from; generations: how often everything is
    measured anew in fresh processes; in each of them: renewals: how often at most workers begin
    again with other memory; blocks: how many at most; precision: enough when the half-width of
    every ratio's interval is at most this share; block_s: how long a block is about, unless a
    single step is longer; warmup_s: the warm-up ends after this even if not steady; case_s: no
    round is begun after so many seconds of blocks for each case of the row. timeout_s: a worker
    silent for longer is hung; compile_limit_s: a static case that is not compiled and checked after
    so long is given up, as others wait for it; budget_s: for the whole run, None for no limit.
    """

    rigor: Rigor = "quick"
    generations: int = 1
    renewals: int = 0
    blocks: int = 12
    precision: float = 0.02
    block_s: float = 0.02
    warmup_s: float = 0.3
    case_s: float = 10.0
    timeout_s: float = 180.0
    compile_limit_s: float = 180.0
    budget_s: float | None = None


class Plan(Record, frozen=True):
    """Everything needed to repeat a run: groups in order, networks, sampling and seed."""

    suite: str
    seed: int
    sampling: Sampling
    networks: dict[str, Network]
    groups: tuple[Group, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """All cases in the order of the groups, without the nulls."""
        return tuple(case for group in self.groups for case in group.cases)


# Flags of a block whose time is also that of others: what interleaving cannot cancel. Not what the
# cgroup's quota took (throttled): that is the case's own doing.
DISTURBED: frozenset[Flag] = frozenset(("busy", "stolen", "unparked"))


class Sample(Record, frozen=True):
    """One timed block: `iterations` steps between two device syncs.

    What disturbed it, None where the system does not tell: foreign_s: CPU seconds that the cores
    spent on others; waited_s: seconds in which threads of the worker were ready and had no core,
    added up; steal_s: taken by the hypervisor; throttled_s: stopped by the cgroup's quota;
    switches: involuntary context switches of the worker; parked_s: CPU seconds that the parked
    workers used from this worker's resumption to its stop: 0 proves that they were silent.
    lead_s: what the worker did untimed before: reset, lead-in, garbage collection. renewal: how
    often the worker had begun again in this generation.
    """

    iterations: Count
    host_s: Seconds
    started_s: float
    device_s: Seconds | None = None
    round: int = 0
    generation: int = 0
    renewal: int = 0
    foreign_s: Seconds | None = None
    waited_s: Seconds | None = None
    steal_s: Seconds | None = None
    throttled_s: Seconds | None = None
    switches: int | None = None
    parked_s: Seconds | None = None
    lead_s: Seconds | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def step_s(self) -> float:
        """Seconds of one step."""
        return self.host_s / self.iterations

    @property
    def is_disturbed(self) -> bool:
        """Whether others had a part in the block's time."""
        return not DISTURBED.isdisjoint(self.flags)


class ParityCheck(Record, frozen=True):
    """One quantity against the float64 oracle, at its worst element.

    error and tolerance are absolute differences divided by the quantity's largest magnitude.
    error is None where the difference is not a finite number.
    """

    quantity: str
    error: float | None
    tolerance: Annotated[float, Meta(gt=0)]

    @property
    def held(self) -> bool:
        """Whether the quantity agrees."""
        return self.error is not None and self.error <= self.tolerance

    @property
    def share(self) -> float:
        """The error as a share of its tolerance; infinite where it is no number."""
        return inf if self.error is None else self.error / self.tolerance


class Compiling(Record, frozen=True):
    """What a static mode did when a case was called first, in one generation.

    caches: whether compiled code of an earlier process was there to be used; start_s: what starting
    the compiler took, once in this process; graphs: how many there were before the first call and
    after each; peak_bytes: how far the worker's resident memory rose above what it was before,
    without what other programs used that the compiler calls; None where the system does not tell.
    """

    caches: Caches
    start_s: Seconds
    graphs: tuple[int, ...]
    peak_bytes: int | None = None


class Measurement(Record, frozen=True):
    """What happened to one case in one generation: raw, no mean, no opinion; one line on disk."""

    case: str
    status: Status
    reason: str | None = None
    generation: int = 0
    calls_s: tuple[Seconds, ...] = ()
    warmup: tuple[Sample, ...] = ()
    samples: tuple[Sample, ...] = ()
    stop_reason: StopReason | None = None
    parity: tuple[ParityCheck, ...] = ()
    compiling: Compiling | None = None
    facts: dict[str, str | int | None] = field(default_factory=dict)


class Progress(Record, frozen=True):
    """What is being done, for those who watch. done: finished cases of `total`."""

    doing: str
    done: int
    total: int


class Environment(Record, frozen=True):
    """The machine and the software of a run; None where a fact cannot be read.

    cpu: the model; microarchitecture: its family as compilers name it, such as `zen3`;
    vector_features: instructions for vectors, such as `avx2`; runs before version 5 have neither.
    """

    system: str
    cpu: str | None
    cores: int
    usable_cores: int
    memory_bytes: int | None
    gpus: tuple[str, ...]
    python: str
    versions: dict[str, str]
    variables: dict[str, str]
    microarchitecture: str | None = None
    vector_features: tuple[str, ...] = ()


class Run(Record, frozen=True):
    """One invocation of `dlbench run`: the head of a results folder."""

    id: str
    started: str
    command: str
    plan: Plan
    environment: Environment
    dlbench: str
    schema_version: int = SCHEMA_VERSION

"""Workloads, targets and their combinations, the cases."""

from typing import Literal

from msgspec import field

from dlbench.records.base import DTYPES, Record

ModeKind = Literal["dynamic", "static"]


class Declaration(Record, frozen=True):
    """The abilities of a backend, read as data without importing it.

    package: the module whose presence means "installed"; distributions: the names under which
    its version is found; install: what to type to get it; modes: name to kind; devices: device
    kind to the dtypes it takes; environment: variables set before the import, in which
    `{threads}` is the thread count; loops: ways to go through an epoch, the default first;
    callbacks: what can be written at its end; default: the mode without --mode; only_on: the
    device kinds of a mode that not all have; on_request: modes that are left out where none is
    asked for, as they take long to compile; fork_safe: whether a process in which it has started,
    and not computed yet, may be copied by fork(2): no thread that it needs is missing in the copy;
    aliases: other names of the framework, so that an error can tell the backend's.
    """

    package: str
    distributions: tuple[str, ...]
    install: str
    modes: dict[str, ModeKind]
    devices: dict[str, tuple[str, ...]]
    environment: dict[str, str]
    loops: tuple[str, ...] = ()
    callbacks: tuple[str, ...] = ()
    default: str = "eager"
    on_request: tuple[str, ...] = ()
    only_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fork_safe: bool = False
    aliases: tuple[str, ...] = ()

    def variables(self, threads: int, scratch: str) -> dict[str, str]:
        """Return the environment variables. scratch: the folder for compiled code."""
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
        """Return the least bytes that the matrix multiplications move, in `dtype`."""
        return self.elements * DTYPES[dtype].bytes


class Workload(Record, frozen=True):
    """A computation: its kind, parameters and exact work; no framework, no clock."""

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
    """A backend with a device, mode, dtype and number of threads.

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
        """Return the id as the name of a file or folder."""
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
        """Return the cases and the null, which are measured in turns."""
        return self.cases if self.null is None else (*self.cases, self.null)

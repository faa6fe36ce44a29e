"""Workloads, targets and their combinations, the cases."""

from typing import Literal

from msgspec import field
from msgspec.structs import replace

from dlbench.records.base import DTYPES, Amount, Record
from dlbench.records.own import OwnNetwork, Way
from dlbench.records.settings import Departure, Difference

ModeKind = Literal["dynamic", "static"]

# What users type for the call without a name of its own, of tensors that are on the device already;
# and for every call of a workload.
BARE, ALL_CALLS = "bare", "all"
# Parameters with a fixed place in the name of a workload.
PLACED = {"network", "batch", *"mnk"}

# The sides of a product; a square one has a single number, its size.
SIDES, SIZE = ("m", "n", "k"), "size"


class Declaration(Record, frozen=True):
    """The abilities of a backend, read as data without importing it.

    package: the module whose presence means that the backend is installed; distributions: the names
    of the framework's packages on PyPI; install: the command that installs it; modes: the kind of
    each mode, by name; devices: the dtypes of each device kind; environment: variables to set
    before the import, where `{threads}` stands for the thread count and `{scratch}` for the folder
    of compiled code; loops: ways to go through an epoch, the default first; calls: by workload, the
    ways in which users call it beside the bare one, each with what it does; callbacks: files that
    it can write after an epoch; default: the mode to use if the user chooses none; only_on: for
    modes that not every device supports, the device kinds that do; on_request: modes to leave out
    unless the user chooses them, such as those that take long to compile; fork_safe: whether
    fork(2) may copy a process after the import and before the first computation, so that no needed
    thread is missing in the copy; aliases: other names of the framework, for error messages;
    settings: what differs from the framework's defaults, of a variable of `environment` without its
    value; differences: results that differ by definition; lacks: why it has no such dtype, by
    name; usual_dtypes: by kind of device, the dtype in which it multiplies float32 by default; own:
    the functions of a user's own file that it can run, by their names in the contract.
    """

    package: str
    distributions: tuple[str, ...]
    install: str
    modes: dict[str, ModeKind]
    devices: dict[str, tuple[str, ...]]
    environment: dict[str, str]
    loops: tuple[str, ...] = ()
    calls: dict[str, dict[str, str]] = field(default_factory=dict)
    callbacks: tuple[str, ...] = ()
    default: str = "eager"
    on_request: tuple[str, ...] = ()
    only_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fork_safe: bool = False
    aliases: tuple[str, ...] = ()
    settings: tuple[Departure, ...] = ()
    differences: tuple[Difference, ...] = ()
    lacks: dict[str, str] = field(default_factory=dict)
    usual_dtypes: dict[str, str] = field(default_factory=dict)
    own: dict[str, Way] = field(default_factory=dict)

    @property
    def departures(self) -> tuple[Departure, ...]:
        """Return the settings, with the values of environment variables."""
        return tuple(
            replace(one, ours=self.environment.get(one.name, one.ours)) for one in self.settings
        )

    def variables(self, threads: int, scratch: str) -> dict[str, str]:
        """Return the environment variables to set. scratch: the folder for compiled code."""
        return {
            name: value.replace("{threads}", str(threads)).replace("{scratch}", scratch)
            for name, value in self.environment.items()
        }


class Work(Record, frozen=True):
    """Exact work of one iteration.

    flops: floating-point operations of the matrix multiplications, 2mnk each; elements: numbers
    that these read and write, each counted once; samples: rows of the batch, None without a batch.
    """

    flops: Amount
    elements: Amount
    samples: Amount | None = None

    def bytes(self, dtype: str) -> int:
        """Return the least bytes that the matrix multiplications move, in `dtype`."""
        return self.elements * DTYPES[dtype].bytes


class Workload(Record, frozen=True):
    """A computation: its kind, parameters and exact work; it does not depend on a framework.

    synthetic: whether it uses random data; own: its network, if that is in a user's own file.
    """

    kind: str
    params: dict[str, int | str]
    work: Work
    synthetic: bool = False
    own: OwnNetwork | None = None

    @property
    def id(self) -> str:
        """Return a readable, stable id: `train_step/mnist-512/b32` or `matmul/64x32x16`."""
        if "network" in self.params:
            named = f"{self.kind}/{self.params['network']}/b{self.params.get('batch')}"
            others = [str(v) for k, v in self.params.items() if k not in {"network", "batch"}]
            return "/".join((named, *others))
        return f"{self.kind}/" + "x".join(str(value) for value in self.params.values())

    @property
    def axes(self) -> dict[str, int | str]:
        """Return the parameters, those of a square product as one, its size."""
        sides = {self.params.get(side) for side in SIDES}
        if len(sides) > 1 or None in sides:
            return self.params
        rest = {name: value for name, value in self.params.items() if name not in SIDES}
        return {SIZE: self.params[SIDES[0]], **rest}

    @property
    def label(self) -> str:
        """Return a name for people: `matmul 1024` or `forward iris batch 32`."""
        return self.named(with_batch=True)

    def named(self, *, with_batch: bool) -> str:
        """Return a name for people, with or without the batch size."""
        batch = f"batch {self.params['batch']}" if with_batch and "batch" in self.params else ""
        others = (str(value) for name, value in self.params.items() if name not in PLACED)
        parts = (self.kind, self._sizes, str(self.params.get("network", "")), batch, *others)
        return " ".join(filter(None, parts))

    @property
    def _sizes(self) -> str:
        """`1024` for a square product, `64×32×16` for another, nothing for other workloads."""
        sizes = [str(self.params[axis]) for axis in "mnk" if axis in self.params]
        return sizes[0] if len(set(sizes)) == 1 else "×".join(sizes)


class Target(Record, frozen=True):
    """A backend with a device, mode, dtype and number of threads.

    loop: how an epoch goes over its data; callbacks: what an epoch writes at its end, joined by
    `+`. Both are empty for all other workloads. call: a call that the backend declares, empty for
    the bare call of tensors that are there already.
    """

    backend: str
    device: str
    mode: str
    dtype: str
    threads: int
    loop: str = ""
    callbacks: str = ""
    call: str = ""

    @property
    def id(self) -> str:
        """Return a readable, stable id: `torch/cpu/eager/float32/t2` or `.../t2/dataloader`."""
        words = (self.backend, self.device, self.mode, self.dtype, f"t{self.threads}")
        return "/".join((*words, *filter(None, (self.loop, self.callbacks, self.call))))

    @property
    def file_name(self) -> str:
        """Return the id as the name of a file or folder."""
        return self.id.replace("/", "-").replace(":", "")


class Case(Record, frozen=True):
    """One workload on one target; comparisons find a case by its id.

    skip: the reason to skip the case, or None; null: whether this is a second copy of a case, in
    its own process, for an A/A test: the two differ by chance alone (Kohavi et al. 2020,
    Trustworthy Online Controlled Experiments, ch. 19).
    """

    workload: Workload
    target: Target
    mode_kind: ModeKind
    skip: str | None = None
    null: bool = False

    @property
    def id(self) -> str:
        """Return `<workload>/<target>`, with `/null` at the end for a null."""
        return f"{self.workload.id}/{self.target.id}" + ("/null" if self.null else "")


class Group(Record, frozen=True):
    """The cases that share a workload: one row of the table, measured together.

    nulls: second copies of some cases, measured with them and never ranked: those of the first
    generation, of the second and so on, over and over; null: the only copy, in records before
    schema version 8.
    """

    workload: Workload
    cases: tuple[Case, ...]
    null: Case | None = None
    nulls: tuple[tuple[Case, ...], ...] = ()

    @property
    def copies(self) -> tuple[Case, ...]:
        """Return the nulls of all generations, each once."""
        return tuple({case.id: case for nulls in self._cycle for case in nulls}.values())

    def copies_in(self, generation: int) -> tuple[Case, ...]:
        """Return the nulls of a generation."""
        return self._cycle[generation % len(self._cycle)]

    def live_in(self, generation: int) -> tuple[Case, ...]:
        """Return the cases and the nulls of a generation; they are measured in turns."""
        return (*self.cases, *self.copies_in(generation))

    def repeated_by(self, null: Case) -> Case | None:
        """Return the case that a null repeats; None if it is not in the group."""
        return next((one for one in self.cases if f"{one.id}/null" == null.id), None)

    @property
    def live(self) -> tuple[Case, ...]:
        """Return the cases and the nulls of all generations."""
        return (*self.cases, *self.copies)

    @property
    def _cycle(self) -> tuple[tuple[Case, ...], ...]:
        return self.nulls or (() if self.null is None else (self.null,),)

"""What a backend offers: the seam between dlbench and a framework.

A backend is one folder in `dlbench/backends/`. The literal `DECLARATION` of its `__init__.py` says
what it can do, and is read without importing the framework. `start(setting)` of its `backend.py`
returns the verbs below. It must not know any workload, clock or file.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Generic, Protocol, Self, TypeVar

from dlbench.records.layers import Optimizer
from dlbench.records.network import Network
from dlbench.reference.arrays import Array, Weights


@dataclass(frozen=True)
class Setting:
    """What a worker is started for. scratch: a folder for what is worth keeping between them."""

    device: str
    mode: str
    dtype: str
    threads: int
    scratch: str


NO_OTHERS: Mapping[str, Optimizer] = MappingProxyType({})


def nothing() -> None:
    """Reset of a step that changes no state."""


@dataclass(frozen=True)
class Step:
    """One iteration of a workload, bound to its data.

    run: the timed call; tensors: its result to native tensors by name, those that it changed
    included, kernels as (inputs, units); reset: back to the state before any step of the same
    network ran; inputs: the native tensors that it reads, by name; lead_in: what is called before
    a block instead of `run`, where that takes long.
    """

    run: Callable[[], Any]
    tensors: Callable[[Any], Mapping[str, Any]]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    reset: Callable[[], None] = nothing
    lead_in: Callable[[], Any] | None = None


@dataclass(frozen=True)
class Problem:
    """A network, its start weights and rows of data, the same for every backend."""

    network: Network
    weights: Weights
    x: Array
    y: Array

    def first(self, rows: int) -> Self:
        """The same on the first so many rows."""
        return replace(self, x=self.x[:rows], y=self.y[:rows])


@dataclass(frozen=True)
class TrainingJob(Problem):
    """A problem that holds all rows of training data, and how an epoch goes over them.

    loop: one that the backend declares; shuffle: a new order in every epoch, drawn from `seed`;
    tensorboard, checkpoint: folders that are written to at the end of every epoch, None for none.
    """

    loop: str
    shuffle: bool = True
    seed: int = 0
    tensorboard: str | None = None
    checkpoint: str | None = None


# Before a timed epoch: the first two steps after a reset copy and allocate (worker/blocks.py).
LEAD_IN_STEPS = 3


class Trainer(Protocol):
    """A network in training. set_up: what an epoch does anew that other loops do once."""

    set_up: tuple[str, ...]

    def epoch(self) -> float:
        """One pass over all rows, a smaller last batch included; the mean loss of the samples."""

    def lead_in(self) -> None:
        """A few steps, as a warm-up; they change the weights."""

    def reset(self) -> None:
        """Back to the start weights, with an optimizer that remembers nothing."""

    def weights(self) -> Mapping[str, Any]:
        """Native weights by name, kernels as (inputs, units)."""

    def inputs(self) -> Mapping[str, Any]:
        """The native tensors that it reads, by name."""

    def predict(self, x: Array) -> Array:
        """Outputs in inference."""

    def load(self, checkpoint: str) -> None:
        """Take over the weights of a checkpoint file."""


class DeviceClock(Protocol):
    """The device's own time, read where the work is done and not where it is asked for."""

    def mark(self) -> Any:
        """Ask the device to note its time when it has done all that it was given before."""

    def seconds(self, start: Any, end: Any) -> float:
        """From one mark to another, after wait()."""


class Device(Protocol):
    """Where a backend computes, and what lies there."""

    def wait(self) -> None:
        """Return when the device has finished all that it was given."""

    def clock(self) -> DeviceClock | None:
        """A clock of the device; None where host time is all there is."""

    def place(self, tensor: Any) -> tuple[str, str]:
        """Device (`cpu`, `cuda:0`) and dtype of a native tensor."""

    def array(self, tensor: Any) -> Array:
        """A native tensor as a NumPy array."""

    def threads(self) -> int | None:
        """How many threads the framework says it uses."""

    def facts(self) -> dict[str, str | int | None]:
        """Versions and switches worth recording."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Whether the error means that memory ran out."""


class Compiler(Protocol):
    """What a static mode compiles with."""

    def start(self) -> None:
        """Compile and run the smallest program there is."""

    def settle(self) -> None:
        """Wait until nothing that compiling has started goes on by itself."""

    def keep(self, folder: str) -> bool:
        """Forget what was compiled so far, and keep in this folder what will be.

        What another process left there is used; False where the framework keeps nothing.
        """

    def graphs(self) -> int:
        """How many graphs were traced or compiled since then."""


class Backend(Protocol):
    """A framework, started for one setting."""

    @property
    def device(self) -> Device:
        """Where it computes."""

    @property
    def compiler(self) -> Compiler | None:
        """What it compiles with; None in a dynamic mode."""

    def matmul(self, a: Array, b: Array) -> Step:
        """The product of two matrices; the result is named `product`."""

    def network(
        self, problem: Problem, optimizers: Mapping[str, Optimizer] = NO_OTHERS
    ) -> dict[str, Step]:
        """The steps `predict`, `forward`, `backward` and `train_step` of a network on all rows.

        Their results are named `outputs`, `loss`, `gradient/<weight>` and `weight/<weight>`.
        optimizers: others than the network's own, each for a step `train_step/<name>`.
        """

    def train_steps(
        self, problem: Problem, sizes: Sequence[int], *, dynamic_shapes: bool
    ) -> list[Step]:
        """`train_step` of one and the same model on batches of several sizes.

        sizes: in rows, each batch being the first so many of the problem; dynamic_shapes: compiled
        once for all sizes; Unavailable where there is no such switch.
        """

    def trainer(self, job: TrainingJob) -> Trainer:
        """A network ready to be trained."""

    def release(self) -> None:
        """Forget what was compiled and cached for the steps bound so far."""


# Runs a function as the mode says.
Compile = Callable[..., Callable[..., Any]]
Batch = tuple[Any, Any]


class Model(Protocol):
    """A network in a framework that has tensors of its own."""

    def steps(self, x: Any, y: Any, optimizers: Mapping[str, Optimizer]) -> dict[str, Step]:
        """One step of each kind, see Backend.network."""

    def train_steps(self, batches: Sequence[Batch]) -> list[Step]:
        """A training step of one model on each of the batches."""


M = TypeVar("M", bound=Model)


class Framework(ABC, Generic[M]):
    """The verbs of a backend over what a framework has of its own: tensors, models and modes.

    product: its matrix product of two tensors.
    """

    product: Callable[[Any, Any], Any]

    def matmul(self, a: Array, b: Array) -> Step:
        """The framework's own product of two tensors."""
        inputs = {"a": self.tensor(a), "b": self.tensor(b)}
        left, right = inputs.values()
        product = self.compiled(self.product)
        return Step(lambda: product(left, right), lambda result: {"product": result}, inputs)

    def network(
        self, problem: Problem, optimizers: Mapping[str, Optimizer] = NO_OTHERS
    ) -> dict[str, Step]:
        """A native model with the native loss and optimizers."""
        model = self._model_of(problem, self.compiled)
        return model.steps(self.tensor(problem.x), self.tensor(problem.y), optimizers)

    def train_steps(
        self, problem: Problem, sizes: Sequence[int], *, dynamic_shapes: bool
    ) -> list[Step]:
        """One model, compiled for each size or for any."""
        parts = map(problem.first, sizes)
        batches = [(self.tensor(part.x), self.tensor(part.y)) for part in parts]
        compiled = self.for_any_size(batches[0]) if dynamic_shapes else self.compiled
        return self._model_of(problem, compiled).train_steps(batches)

    def trainer(self, job: TrainingJob) -> Trainer:
        """A native model and the loop of the job."""
        return self.loop(self._model_of(job, self.compiled), job)

    def _model_of(self, problem: Problem, compiled: Compile) -> M:
        start = {name: self.tensor(weight) for name, weight in problem.weights.items()}
        return self.model(problem.network, start, compiled)

    @abstractmethod
    def tensor(self, array: Array) -> Any:
        """The array on the device, in the setting's dtype."""

    @abstractmethod
    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function as the mode runs it."""

    @abstractmethod
    def for_any_size(self, batch: Batch) -> Compile:
        """As `compiled`, once for batches like this one of any size; Unavailable if it cannot."""

    @abstractmethod
    def model(self, network: Network, start: dict[str, Any], compiled: Compile) -> M:
        """A network from native start weights; `compiled` runs a function as the mode says."""

    @abstractmethod
    def loop(self, model: M, job: TrainingJob) -> Trainer:
        """The loop that the job names, over a model."""

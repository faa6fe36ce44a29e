"""The contract of a backend, between dlbench and a framework.

A backend is one folder in `dlbench/backends/`. The literal `DECLARATION` of its `__init__.py` lists
its abilities, and is read without importing the framework. `start(setting)` of its `backend.py`
returns a Backend. It must not know any workload, clock or file.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Generic, Protocol, Self, TypeVar

from dlbench.backends._queue import Blocker as Blocker  # noqa: PLC0414 - for the harness
from dlbench.backends._queue import Queue as Queue  # noqa: PLC0414
from dlbench.backends._queue import Spinner as Spinner  # noqa: PLC0414
from dlbench.records.layers import Optimizer
from dlbench.records.network import Network
from dlbench.reference.arrays import Array, Weights


@dataclass(frozen=True)
class Setting:
    """The setting of a worker. scratch: a folder for compiled code that outlives the worker."""

    device: str
    mode: str
    dtype: str
    threads: int
    scratch: str


NO_OTHERS: Mapping[str, Optimizer] = MappingProxyType({})


def nothing() -> None:
    """Do nothing: the reset of a step that changes no state."""


@dataclass(frozen=True)
class Step:
    """One iteration of a workload, bound to its data.

    run: the timed call; tensors: converts its result to native tensors by name, including changed
    ones, with kernels as (inputs, units); reset: restores the state before any step of the same
    network; inputs: the native tensors it reads, by name; lead_in: replaces `run` before a block
    if `run` takes long.
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
        """Return the same problem on its first rows only."""
        return replace(self, x=self.x[:rows], y=self.y[:rows])


@dataclass(frozen=True)
class TrainingJob(Problem):
    """A problem with all rows of training data, and the settings of an epoch.

    loop: a loop that the backend declares; shuffle: whether every epoch has a new order, drawn from
    `seed`; tensorboard, checkpoint: folders to write to at the end of every epoch, or None.
    """

    loop: str
    shuffle: bool = True
    seed: int = 0
    tensorboard: str | None = None
    checkpoint: str | None = None


# Steps before a timed epoch: the first two after a reset allocate (harness/worker/blocks.py).
LEAD_IN_STEPS = 3


class Trainer(Protocol):
    """A network in training.

    set_up: work that this loop repeats in each epoch and other loops do once.
    """

    set_up: tuple[str, ...]

    def epoch(self) -> float:
        """Train on all rows once, also a smaller last batch; return the mean loss of the rows."""

    def lead_in(self) -> None:
        """Run a few steps as a warm-up; they change the weights."""

    def reset(self) -> None:
        """Restore the start weights, and clear the optimizer's state."""

    def weights(self) -> Mapping[str, Any]:
        """Return the native weights by name, kernels as (inputs, units)."""

    def inputs(self) -> Mapping[str, Any]:
        """Return the native input tensors by name."""

    def predict(self, x: Array) -> Array:
        """Return the outputs in inference."""

    def load(self, checkpoint: str) -> None:
        """Load the weights of a checkpoint file."""


class Device(Protocol):
    """The device of a backend, and the tensors on it."""

    def wait(self) -> None:
        """Return when the device has finished all work."""

    def queue(self) -> Queue | None:
        """Return what fills the queue of the device; None if the host computes by itself."""

    def place(self, tensor: Any) -> tuple[str, str]:
        """Return the device (`cpu`, `cuda:0`) and the dtype of a native tensor."""

    def array(self, tensor: Any) -> Array:
        """Return a native tensor as a NumPy array."""

    def threads(self) -> int | None:
        """Return the number of threads by the framework's own account; None if unknown."""

    def facts(self) -> dict[str, str | int | None]:
        """Return versions and settings for the record."""

    def is_out_of_memory(self, error: BaseException) -> bool:
        """Return whether the error means that memory ran out."""


class Compiler(Protocol):
    """The compiler of a static mode."""

    def start(self) -> None:
        """Compile and run the smallest possible program."""

    def wait_until_idle(self) -> None:
        """Wait until no helper of the compiler is at work."""

    def keep(self, folder: str) -> bool:
        """Forget all compiled code, and use this folder as the cache from now on.

        The cache includes code of earlier processes. Return False if the framework has no cache.
        """

    def graphs(self) -> int:
        """Return the number of graphs traced or compiled since the last `keep`."""


class Backend(Protocol):
    """A framework, started for one setting."""

    @property
    def device(self) -> Device:
        """Return the device."""

    @property
    def compiler(self) -> Compiler | None:
        """Return the compiler; None in a dynamic mode."""

    def matmul(self, a: Array, b: Array) -> Step:
        """Return the product of two matrices as a step; its result is named `product`."""

    def network(
        self, problem: Problem, optimizers: Mapping[str, Optimizer] = NO_OTHERS
    ) -> dict[str, Step]:
        """Return the steps `predict`, `forward`, `backward` and `train_step` on all rows.

        Their results are named `outputs`, `loss`, `gradient/<weight>` and `weight/<weight>`.
        optimizers: further optimizers, each with a step `train_step/<name>`.
        """

    def call(self, problem: Problem, kind: str, name: str) -> Step:
        """Return a step of `network` in a declared call, with results of the same names."""

    def train_steps(
        self, problem: Problem, sizes: Sequence[int], *, dynamic_shapes: bool
    ) -> list[Step]:
        """Return `train_step` of one model on batches of several sizes.

        sizes: numbers of rows; each batch has the first rows. dynamic_shapes: compile
        once for all sizes; Unavailable if the framework cannot.
        """

    def trainer(self, job: TrainingJob) -> Trainer:
        """Return a trainer for the job."""

    def release(self) -> None:
        """Forget all compiled code and cached memory of earlier steps."""


# Returns a function as the mode runs it: unchanged or compiled.
Compile = Callable[..., Callable[..., Any]]
Batch = tuple[Any, Any]


class Model(Protocol):
    """A network in a framework with its own tensors."""

    def steps(self, x: Any, y: Any, optimizers: Mapping[str, Optimizer]) -> dict[str, Step]:
        """Return one step of each kind; see Backend.network."""

    def train_steps(self, batches: Sequence[Batch]) -> list[Step]:
        """Return a training step of one model for each batch."""


M = TypeVar("M", bound=Model)


class Framework(ABC, Generic[M]):
    """Implements Backend on top of a framework's tensors and models.

    product: the framework's matrix product of two tensors.
    """

    product: Callable[[Any, Any], Any]

    def matmul(self, a: Array, b: Array) -> Step:
        """Return the framework's own product of two tensors as a step."""
        inputs = {"a": self.tensor(a), "b": self.tensor(b)}
        left, right = inputs.values()
        product = self.compiled(self.product)
        return Step(lambda: product(left, right), lambda result: {"product": result}, inputs)

    def network(
        self, problem: Problem, optimizers: Mapping[str, Optimizer] = NO_OTHERS
    ) -> dict[str, Step]:
        """Return the steps of a native model with native loss and optimizers."""
        model = self._model_of(problem, self.compiled)
        return model.steps(self.tensor(problem.x), self.tensor(problem.y), optimizers)

    def call(self, problem: Problem, kind: str, name: str) -> Step:
        """Return a step of a native model in one of the declared calls."""
        return self.calling(self._model_of(problem, self.compiled), problem, kind, name)

    def train_steps(
        self, problem: Problem, sizes: Sequence[int], *, dynamic_shapes: bool
    ) -> list[Step]:
        """Return training steps of one model, compiled for each size or once for all."""
        parts = map(problem.first, sizes)
        batches = [(self.tensor(part.x), self.tensor(part.y)) for part in parts]
        compiled = self.for_any_size(batches[0]) if dynamic_shapes else self.for_each_size()
        return self._model_of(problem, compiled).train_steps(batches)

    def trainer(self, job: TrainingJob) -> Trainer:
        """Return a trainer: a native model in the job's loop."""
        return self.loop(self._model_of(job, self.compiled), job)

    def _model_of(self, problem: Problem, compiled: Compile) -> M:
        start = {name: self.tensor(weight) for name, weight in problem.weights.items()}
        return self.model(problem.network, start, compiled)

    @abstractmethod
    def tensor(self, array: Array) -> Any:
        """Return the array as a tensor on the device, in the setting's dtype."""

    @abstractmethod
    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as the mode runs it: unchanged or compiled."""

    def for_each_size(self) -> Compile:
        """Return `compiled` for batches of several sizes, each of which is compiled by itself."""
        return self.compiled

    @abstractmethod
    def for_any_size(self, batch: Batch) -> Compile:
        """Return `compiled` for batches of any size; Unavailable if the framework cannot."""

    @abstractmethod
    def model(self, network: Network, start: dict[str, Any], compiled: Compile) -> M:
        """Return a native model with these start weights; `compiled` compiles its functions."""

    @abstractmethod
    def calling(self, model: M, problem: Problem, kind: str, name: str) -> Step:
        """Return the model's step of this kind in the call of this name."""

    @abstractmethod
    def loop(self, model: M, job: TrainingJob) -> Trainer:
        """Return a trainer of the model in the job's loop."""

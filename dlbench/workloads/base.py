"""Kinds of workload: what their parameters are, how much work they are, how they are bound.

A kind is one file in `dlbench/workloads/` with a `KIND`. It must not know any framework.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dlbench import registry
from dlbench.backends.base import Backend, Problem, Step, TrainingJob
from dlbench.datasets.base import Split, rows_of
from dlbench.datasets.base import batch as draw_batch
from dlbench.parity.oracle import seeded
from dlbench.records.case import Declaration, Target, Work, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import Network
from dlbench.reference import draws
from dlbench.reference.arrays import Array, cast
from dlbench.reference.draws import initial_weights

Params = dict[str, int | str]


Axes = Mapping[str, list[int] | list[str]]


Networks = Mapping[str, Network]


@dataclass(frozen=True)
class Bound:
    """A case ready to be timed.

    check: compares what it computes with the oracle; facts: what is worth recording of it.
    """

    step: Step
    check: Callable[[], tuple[ParityCheck, ...]]
    facts: dict[str, str | int | None] = field(default_factory=dict)


class Kind(Protocol):
    """What a file in `dlbench/workloads/` offers as `KIND`."""

    @property
    def axes(self) -> tuple[str, ...]:
        """The keys that a suite may set for it."""

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """The parameters of every workload that the axes of a suite stand for."""

    def work(self, params: Params, networks: Networks) -> Work:
        """The exact work of one iteration."""

    def elements_in_memory(self, params: Params, networks: Networks) -> int:
        """How many numbers lie in memory at a time."""

    def variants(self, target: Target, declared: Declaration, axes: Axes) -> Iterator[Target]:
        """The ways in which the backend of the target runs the workload."""

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """The workload on a started backend, with its data."""


class SimpleKind(ABC):
    """A kind for which a target is all that there is to say, and that keeps what it multiplies."""

    @abstractmethod
    def work(self, params: Params, networks: Networks) -> Work:
        """The exact work of one iteration."""

    def elements_in_memory(self, params: Params, networks: Networks) -> int:
        """Operands and results."""
        return self.work(params, networks).elements

    def variants(
        self,
        target: Target,
        declared: Declaration,  # noqa: ARG002
        axes: Axes,  # noqa: ARG002
    ) -> Iterator[Target]:
        """The target itself."""
        yield target


def kind_named(name: str) -> Kind:
    """The kind of this name, or a UsageError that lists the kinds."""
    kind: Kind = registry.load("workloads", name).KIND
    return kind


def problem_of(workload: Workload, networks: Networks, dtype: str, seed: int) -> Problem:
    """Seeded weights and the first batch of a seeded order of the training data."""
    network = networks[str(workload.params["network"])]
    return seeded(network, _batch(network, workload, seed), dtype, seed)


def _batch(network: Network, workload: Workload, seed: int) -> tuple[Array, Array]:
    size = int(workload.params["batch"])
    if workload.synthetic:
        return draws.batch(network, size, seed)
    return draw_batch(registry.load("datasets", network.dataset).load(seed), size, seed)


def job_of(network: Network, target: Target, seed: int, *, synthetic_data: bool) -> TrainingJob:
    """All training data and the start weights, drawn alike for all backends."""
    if synthetic_data:
        x, y = draws.batch(network, rows_of(network), seed)
    else:
        split: Split = registry.load("datasets", network.dataset).load(seed)
        x, y = split.x_train, split.y_train
    weights = initial_weights(network, seed)
    return TrainingJob(
        network=network,
        weights={name: cast(weight, target.dtype) for name, weight in weights.items()},
        x=cast(x, target.dtype),
        y=cast(y, target.dtype),
        loop=target.loop,
        seed=seed,
    )

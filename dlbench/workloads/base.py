"""The contract of a workload: its parameters, its work, and how it is bound to a backend.

A workload is one file in `dlbench/workloads/` with a `KIND`. It must not know any framework.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from dlbench import registry
from dlbench.backends.base import Backend, Problem, Step, TrainingJob
from dlbench.datasets.base import Split, rows_of
from dlbench.datasets.base import batch as draw_batch
from dlbench.parity.oracle import seeded
from dlbench.records.case import Declaration, Target, Work, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import Network
from dlbench.records.own import OwnNetwork, Twin
from dlbench.reference import draws
from dlbench.reference.arrays import Array

# The parameters of one workload, such as {"network": "iris", "batch": 32}.
Params = dict[str, int | str]

# The values that a suite gives to each parameter.
Axes = Mapping[str, list[int] | list[str]]

# Networks by name; those of a user's own file are in workloads of their own.
Networks = Mapping[str, Network]
AnyNetworks = Mapping[str, Network | OwnNetwork]


def for_kinds(networks: AnyNetworks) -> Networks:
    """Return the same for any kind of workload: those that take no own network never meet one."""
    return cast("Networks", networks)


def no_twin() -> None:
    """Return None: a network of dlbench has the oracle."""


@dataclass(frozen=True)
class Bound:
    """A workload bound to a backend, ready to be timed.

    check: compares its results with the oracle; facts: its properties, for the record; twin:
    returns what the check has found of a user's own network, None of all others.
    """

    step: Step
    check: Callable[[], tuple[ParityCheck, ...]]
    facts: dict[str, str | int | None] = field(default_factory=dict)
    twin: Callable[[], Twin | None] = no_twin


class Kind(Protocol):
    """The interface of the `KIND` in a file of `dlbench/workloads/`."""

    @property
    def axes(self) -> tuple[str, ...]:
        """The parameters that a suite may set."""

    @property
    def needs(self) -> str:
        """What a target must have, in words; empty if every target will do."""

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Yield the parameters of every workload in the axes; UsageError if one is wrong."""

    def work(self, params: Params, networks: Networks) -> Work:
        """Return the exact work of one iteration."""

    def reason_to_skip(self, params: Params, networks: Networks) -> str | None:
        """Return why the workload cannot be measured with these parameters; None if it can."""

    def elements_in_memory(self, params: Params, networks: Networks) -> int:
        """Return how many numbers are in memory at the same time."""

    def variants(self, target: Target, declared: Declaration, axes: Axes) -> Iterator[Target]:
        """Yield the ways in which the target's backend can run the workload."""

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """Bind the workload to a started backend, with its data."""


class SimpleKind(ABC):
    """A kind with one variant per target; its memory is its operands and results."""

    needs = ""

    @abstractmethod
    def work(self, params: Params, networks: Networks) -> Work:
        """Return the exact work of one iteration."""

    def reason_to_skip(self, params: Params, networks: Networks) -> str | None:  # noqa: ARG002
        """Return None: all parameters will do."""
        return None

    def elements_in_memory(self, params: Params, networks: Networks) -> int:
        """Return the number of operands and results."""
        return self.work(params, networks).elements

    def variants(
        self,
        target: Target,
        declared: Declaration,  # noqa: ARG002
        axes: Axes,  # noqa: ARG002
    ) -> Iterator[Target]:
        """Yield the target itself."""
        yield target


def kind_named(name: str) -> Kind:
    """Return the kind of this name; UsageError with the list of kinds if there is none."""
    kind: Kind = registry.load("workloads", name).KIND
    return kind


def problem_of(workload: Workload, networks: Networks, dtype: str, seed: int) -> Problem:
    """Return a workload's network with seeded weights, and a batch of its data."""
    network, rows = networks[str(workload.params["network"])], int(workload.params["batch"])
    data = _data(network, rows, seed, synthetic=workload.synthetic)
    return seeded(network, data, dtype, seed)


def job_of(network: Network, target: Target, seed: int, *, synthetic: bool) -> TrainingJob:
    """Return a network with seeded weights, all its training data, and the target's loop."""
    data = _data(network, None, seed, synthetic=synthetic)
    problem = seeded(network, data, target.dtype, seed)
    return TrainingJob(**vars(problem), loop=target.loop, seed=seed)


def _data(network: Network, rows: int | None, seed: int, *, synthetic: bool) -> tuple[Array, Array]:
    """Return inputs and labels, the same for all backends.

    rows: so many training rows in a seeded order; None: all training rows. synthetic: random values
    instead of the network's data set.
    """
    if synthetic:
        return draws.batch(network, rows_of(network) if rows is None else rows, seed)
    split: Split = registry.load("datasets", network.dataset).load(seed)
    return (split.x_train, split.y_train) if rows is None else draw_batch(split, rows, seed)

"""Kinds of workload: what their parameters are, how much work they are, how they are bound.

A kind is one file in `dlbench/workloads/` with a `KIND`. It must not know any framework.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dlbench import catalog
from dlbench.backends.base import Backend, Step
from dlbench.model import Declaration, ParityCheck, Target, Work, Workload
from dlbench.network import Network

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

    def held(self, params: Params, networks: Networks) -> int:
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

    def held(self, params: Params, networks: Networks) -> int:
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
    kind: Kind = catalog.load("workloads", name).KIND
    return kind

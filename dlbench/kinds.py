"""Kinds of workload: what their parameters are, how much work they are, how they are bound.

A kind is one file in `dlbench/workloads/` with a `KIND`. It must not know any framework.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from dlbench import catalog
from dlbench.contract import Backend, Step
from dlbench.layers import Network
from dlbench.model import ParityCheck, Work, Workload

Params = dict[str, int | str]
Axes = Mapping[str, list[int] | list[str]]
Networks = Mapping[str, Network]


@dataclass(frozen=True)
class Bound:
    """A case ready to be timed. check: compares what it computes with the oracle."""

    step: Step
    check: Callable[[], tuple[ParityCheck, ...]]


class Kind(Protocol):
    """What a file in `dlbench/workloads/` offers as `KIND`."""

    @property
    def axes(self) -> tuple[str, ...]:
        """The keys that a suite may set for it."""

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """The parameters of every workload that the axes of a suite stand for."""

    def work(self, params: Params, networks: Networks) -> Work:
        """The exact work of one iteration."""

    def bind(
        self, backend: Backend, dtype: str, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """The workload on a backend, with its data."""


def kind_named(name: str) -> Kind:
    """The kind of this name, or a UsageError that lists the kinds."""
    kind: Kind = catalog.load("workloads", name).KIND
    return kind

"""Passes through a network on one batch: the kinds of workload that name a network.

It must not know any framework, nor how long anything takes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Final

from dlbench.backends.base import Backend
from dlbench.parity.oracle import Oracle
from dlbench.records.case import Target, Work, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import Network, without_dropout
from dlbench.workloads import _work
from dlbench.workloads.base import Axes, Bound, Networks, Params, SimpleKind, problem_of


@dataclass(frozen=True)
class NetworkKind(SimpleKind):
    """A pass through a network of the catalogue on one batch.

    step: the name of the backend's step that is timed; checked: the steps that parity looks at;
    counted: the work of one iteration.
    """

    step: str
    checked: tuple[str, ...]
    counted: Callable[[Network, int], Work]
    axes: tuple[str, ...] = ("network", "batch")

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Every network at every batch size; without one, at the batch size of its schedule."""
        for name in axes.get("network", list(networks)):
            network = networks[str(name)]
            for batch in axes.get("batch", [network.batch]):
                yield {"network": network.name, "batch": batch}

    def work(self, params: Params, networks: Networks) -> Work:
        """As flops.py counts."""
        return self.counted(networks[str(params["network"])], int(params["batch"]))

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """The network with seeded weights, on the first batch of its data."""
        problem = problem_of(workload, networks, target.dtype, seed)
        bare = without_dropout(problem.network)
        steps = backend.network(problem)

        def check() -> tuple[ParityCheck, ...]:
            same = bare == problem.network
            twin = steps if same else backend.network(changed(problem, network=bare))
            expected = Oracle(bare, problem, target.dtype)
            return tuple(
                found
                for name in self.checked
                for found in expected.check(name, twin[name], backend)
            )

        return Bound(steps[self.step], check)


PASSES: Final[dict[str, NetworkKind]] = {
    "predict": NetworkKind("predict", checked=("predict",), counted=_work.forward),
    "forward": NetworkKind("forward", checked=("forward",), counted=_work.forward),
    "backward": NetworkKind("backward", checked=("backward",), counted=_work.backward),
    "train_step": NetworkKind(
        "train_step", checked=("backward", "train_step"), counted=_work.backward
    ),
}

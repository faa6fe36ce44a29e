"""Workloads that run one step of a network on one batch.

It must not know any framework, nor how long a step takes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import replace as changed

from dlbench.backends.base import Backend
from dlbench.parity.oracle import Oracle
from dlbench.records.case import Target, Work, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import Network, without_dropout
from dlbench.workloads.base import Axes, Bound, Networks, Params, SimpleKind, problem_of


@dataclass(frozen=True)
class NetworkKind(SimpleKind):
    """One step of a network on one batch.

    step: the backend's step to be timed; checked: the steps to be compared with the oracle;
    counted: returns the work of one iteration.
    """

    step: str
    checked: tuple[str, ...]
    counted: Callable[[Network, int], Work]
    axes: tuple[str, ...] = ("network", "batch")

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Yield every network at every batch size; by default at the network's own."""
        for name in axes.get("network", list(networks)):
            network = networks[str(name)]
            for batch in axes.get("batch", [network.batch]):
                yield {"network": network.name, "batch": batch}

    def work(self, params: Params, networks: Networks) -> Work:
        """Return the exact work of one step (_work.py)."""
        return self.counted(networks[str(params["network"])], int(params["batch"]))

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """Bind the network with seeded weights to the first batch of its data."""
        problem = problem_of(workload, networks, target.dtype, seed)
        bare = without_dropout(problem.network)
        steps = backend.network(problem)

        def check() -> tuple[ParityCheck, ...]:
            same = bare == problem.network
            twin = steps if same else backend.network(changed(problem, network=bare))
            oracle = Oracle(bare, problem, target.dtype)
            return tuple(
                quantity
                for name in self.checked
                for quantity in oracle.check(name, twin[name], backend)
            )

        return Bound(steps[self.step], check)

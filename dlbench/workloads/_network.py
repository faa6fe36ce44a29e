"""Workloads that run one step of a network on one batch.

It must not know any framework, nor how long a step takes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import replace as changed
from functools import partial

from msgspec.structs import replace

from dlbench.backends.base import Backend, Problem, Step
from dlbench.parity.oracle import Oracle
from dlbench.records.case import ALL_CALLS, BARE, Declaration, Target, Work, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import Network, without_dropout
from dlbench.records.own import OwnNetwork
from dlbench.workloads import _own
from dlbench.workloads.base import (
    AnyNetworks,
    Axes,
    Bound,
    Networks,
    Params,
    SimpleKind,
    problem_of,
)

# The axes of a step that has no calls but the bare one.
STEP_AXES = ("network", "batch")


@dataclass(frozen=True)
class NetworkKind(SimpleKind):
    """One step of a network on one batch.

    step: the backend's step to be timed; checked: the steps to be compared with the oracle;
    counted: returns the work of one iteration.
    """

    step: str
    checked: tuple[str, ...]
    counted: Callable[[Network, int], Work]
    axes: tuple[str, ...] = STEP_AXES

    def expand(self, axes: Axes, networks: AnyNetworks) -> Iterator[Params]:
        """Yield every network at every batch size; by default at the network's own."""
        for name in axes.get("network", list(networks)):
            network = networks[str(name)]
            for batch in axes.get("batch", [network.batch]):
                yield {"network": network.name, "batch": batch}

    def variants(self, target: Target, declared: Declaration, axes: Axes) -> Iterator[Target]:
        """Yield the target with every call asked for; by default with the bare one."""
        asked = axes.get("call", [BARE])
        for call in (BARE, *declared.calls.get(self.step, ())):
            if call in asked or ALL_CALLS in asked:
                yield replace(target, call="" if call == BARE else call)

    def work(self, params: Params, networks: AnyNetworks) -> Work:
        """Return the exact work of one step (_work.py); of an own network only the samples."""
        network, batch = networks[str(params["network"])], int(params["batch"])
        if isinstance(network, OwnNetwork):
            return Work(flops=0, elements=0, samples=batch)
        return self.counted(network, batch)

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """Bind the network with seeded weights to the first batch of its data."""
        if workload.own is not None:
            return _own.bound(backend, target, workload, workload.own, seed)
        problem = problem_of(workload, networks, target.dtype, seed)
        bare = without_dropout(problem.network)
        made = partial(self._steps, backend, target.call)
        steps = made(problem)
        checked = (self.step,) if target.call else self.checked

        def check() -> tuple[ParityCheck, ...]:
            same = bare == problem.network
            twin = steps if same else made(changed(problem, network=bare))
            oracle = Oracle(bare, problem, target.dtype)
            return tuple(
                quantity for name in checked for quantity in oracle.check(name, twin[name], backend)
            )

        return Bound(steps[self.step], check)

    def _steps(self, backend: Backend, call: str, problem: Problem) -> Mapping[str, Step]:
        """Return the steps to be timed and checked; of a call with a name, that one alone."""
        if call:
            return {self.step: backend.call(problem, self.step, call)}
        return backend.network(problem)

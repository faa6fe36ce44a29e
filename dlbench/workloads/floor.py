"""The smallest step there is: a network of one weight and one bias, on one row.

How long it takes is what a framework costs in a mode before it computes anything. It must not
know any framework.
"""

from collections.abc import Iterator

from dlbench.backends.base import Backend
from dlbench.records.case import Target, Work, Workload
from dlbench.records.layers import SGD, Dense
from dlbench.records.network import Network
from dlbench.syntax import choices
from dlbench.workloads._passes import PASSES
from dlbench.workloads.base import Axes, Bound, Kind, Networks, Params, SimpleKind

SMALLEST = Network(
    name="smallest", inputs=(1,), layers=(Dense(1),), loss="mse", optimizer=SGD(), batch=1
)


class Floor(SimpleKind):
    """A pass through the smallest network."""

    axes: tuple[str, ...] = ("pass",)

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:  # noqa: ARG002
        """Every kind of pass that is asked for; all, if none is."""
        for name in choices("pass", map(str, axes.get("pass", list(PASSES))), list(PASSES)):
            yield {"pass": name}

    def work(self, params: Params, networks: Networks) -> Work:  # noqa: ARG002
        """Two or six floating-point operations."""
        return PASSES[str(params["pass"])].counted(SMALLEST, SMALLEST.batch)

    def bind(
        self,
        backend: Backend,
        target: Target,
        workload: Workload,
        networks: Networks,  # noqa: ARG002
        seed: int,
    ) -> Bound:
        """As the pass through any network, on random data."""
        kind = PASSES[str(workload.params["pass"])]
        params: Params = {"network": SMALLEST.name, "batch": SMALLEST.batch}
        small = Workload(kind.step, params, workload.work, synthetic=True)
        return kind.bind(backend, target, small, {SMALLEST.name: SMALLEST}, seed)


KIND: Kind = Floor()

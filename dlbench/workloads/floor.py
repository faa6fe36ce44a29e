"""The smallest possible step: the overhead of a framework before it computes anything.

The network has one weight and one bias, and runs on one row. It must not know any framework.
"""

from collections.abc import Iterator

from dlbench.backends.base import Backend
from dlbench.records.case import Target, Work, Workload
from dlbench.records.layers import SGD, Dense
from dlbench.records.network import Network
from dlbench.syntax import choices
from dlbench.workloads.base import Axes, Bound, Kind, Networks, Params, SimpleKind, kind_named

SMALLEST = Network(
    name="smallest", inputs=(1,), layers=(Dense(1),), loss="mse", optimizer=SGD(), batch=1
)
NETWORKS = {SMALLEST.name: SMALLEST}
PARAMS: Params = {"network": SMALLEST.name, "batch": SMALLEST.batch}

# The workloads that are measured on the smallest network, in the order of the tables.
PASSES = ("predict", "forward", "backward", "train_step")


class Floor(SimpleKind):
    """A pass through the smallest network."""

    axes: tuple[str, ...] = ("pass",)

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:  # noqa: ARG002
        """Yield every pass of the axis `pass`; by default all of them."""
        for name in choices("pass", map(str, axes.get("pass", list(PASSES))), list(PASSES)):
            yield {"pass": name}

    def work(self, params: Params, networks: Networks) -> Work:  # noqa: ARG002
        """Return the work of the pass: two or four floating-point operations."""
        return kind_named(str(params["pass"])).work(PARAMS, NETWORKS)

    def bind(
        self,
        backend: Backend,
        target: Target,
        workload: Workload,
        networks: Networks,  # noqa: ARG002
        seed: int,
    ) -> Bound:
        """Bind the pass to random data, as for any network."""
        name = str(workload.params["pass"])
        small = Workload(name, PARAMS, workload.work, synthetic=True)
        return kind_named(name).bind(backend, target, small, NETWORKS, seed)


KIND: Kind = Floor()

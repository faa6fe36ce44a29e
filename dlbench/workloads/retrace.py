"""A training step on a smaller batch than before: its first call shows the cost of retracing.

The last batch of an epoch is usually smaller, and a graph may be made for one shape only. It must
not know any framework.
"""

from collections.abc import Iterator
from dataclasses import replace as changed

from dlbench.backends.base import Backend, Problem, Step
from dlbench.datasets.base import rows_of
from dlbench.parity.oracle import Oracle
from dlbench.records.case import Declaration, Target, Work, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import Network, without_dropout
from dlbench.syntax import choices
from dlbench.workloads.base import (
    Axes,
    Bound,
    Kind,
    Networks,
    Params,
    kind_named,
    problem_of,
)

SHAPES = ("fixed", "dynamic")

# Calls at the full size, before the smaller batch: the first compiles, and the second may again.
FULL_CALLS = 3


class Retrace:
    """A training step on the smaller last batch of an epoch, after steps on full batches."""

    axes: tuple[str, ...] = ("network", "batch", "shapes")
    needs = "a static mode"

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Yield every network and batch size, with fixed and with dynamic shapes.

        By default, a network whose own batch is a single row is left out.
        """
        shapes = choices("shapes", map(str, axes.get("shapes", list(SHAPES))), list(SHAPES))
        for name in axes.get("network", list(networks)):
            network = networks[str(name)]
            usual = [network.batch] if network.batch > 1 or "network" in axes else []
            for batch in axes.get("batch", usual):
                for shape in shapes:
                    yield {"network": network.name, "batch": batch, "shapes": shape}

    def work(self, params: Params, networks: Networks) -> Work:
        """Return the work of a training step on the smaller batch."""
        rows = last_batch(networks[str(params["network"])], int(params["batch"]))
        return kind_named("train_step").work({**params, "batch": rows}, networks)

    def reason_to_skip(self, params: Params, networks: Networks) -> str | None:
        """Return a reason if no full batch comes before a smaller one."""
        network, batch = networks[str(params["network"])], int(params["batch"])
        if batch == 1:
            return "no batch is smaller than one row"
        if network.has_data and batch > rows_of(network):
            rows = rows_of(network)
            return f"{network.name} has {rows} training rows, fewer than a batch of {batch}"
        return None

    def elements_in_memory(self, params: Params, networks: Networks) -> int:
        """Return the elements of a training step on the full batch."""
        return kind_named("train_step").elements_in_memory(params, networks)

    def variants(
        self,
        target: Target,
        declared: Declaration,
        axes: Axes,  # noqa: ARG002
    ) -> Iterator[Target]:
        """Yield the target if its mode is static."""
        if declared.modes[target.mode] == "static":
            yield target

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """Bind the smaller batch, after FULL_CALLS steps on the full one."""
        problem = problem_of(workload, networks, target.dtype, seed)
        rows = last_batch(problem.network, len(problem.x))
        dynamic = workload.params["shapes"] == "dynamic"

        def steps(problem: Problem) -> list[Step]:
            sizes = (len(problem.x), rows)
            return backend.train_steps(problem, sizes, dynamic_shapes=dynamic)

        full, step = steps(problem)
        for _ in range(FULL_CALLS):
            full.run()
        backend.device.wait()

        def check() -> tuple[ParityCheck, ...]:
            bare = without_dropout(problem.network)
            twin = step if bare == problem.network else steps(changed(problem, network=bare))[1]
            oracle = Oracle(bare, problem.first(rows), target.dtype)
            return oracle.check("train_step", twin, backend)

        return Bound(step, check, {"rows": rows})


def last_batch(network: Network, batch: int) -> int:
    """Return the rows left over after full batches; half a batch if there are none."""
    rest = rows_of(network) % batch if network.has_data else 0
    return rest or batch // 2


KIND: Kind = Retrace()

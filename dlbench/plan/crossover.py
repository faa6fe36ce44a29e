"""Plan a crossover: two targets, and a workload for every value of an axis.

The plan begins without rows; the search asks for one after the other. This module starts and
measures nothing, and imports no framework.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from dlbench.datasets.base import rows_of
from dlbench.errors import UsageError
from dlbench.networks.base import every, named
from dlbench.plan import build
from dlbench.plan.axes import Axis, axis_named
from dlbench.plan.fitting.memory import within_memory
from dlbench.plan.presets import RIGORS
from dlbench.plan.request import CrossoverRequest
from dlbench.plan.sides import Candidate, side, with_call
from dlbench.plan.targets import Machine
from dlbench.records.case import Case, Group, Target, Workload
from dlbench.records.network import Network
from dlbench.records.plan import Plan, Sampling
from dlbench.stats.crossing import MOST_POINTS
from dlbench.syntax import choice

# The time limit: a minute is what people wait for.
BUDGET_S = 60.0

# The share of the time limit for samples in turns. Starting takes a few seconds, and each point its
# preparation and its stretches without a pause.
TIMED_SHARE = 0.35

# Sides of a crossover.
SIDES = 2


@dataclass(frozen=True)
class Search:
    """A crossover to look for.

    kind: of the workloads; network: None for a matrix product; first, last: the ends of the axis;
    sides: the two targets, each with the kind of its mode; seed, sampling: of the plan.
    """

    kind: str
    axis: Axis
    network: Network | None
    first: int
    last: int
    sides: tuple[Candidate, ...]
    seed: int
    sampling: Sampling
    machine: Machine

    @property
    def left(self) -> Target:
        """Return the target of `--between`."""
        return self.sides[0][0]

    @property
    def right(self) -> Target:
        """Return the target of `--and`."""
        return self.sides[1][0]

    @property
    def start(self) -> Plan:
        """Return the plan without any row."""
        return Plan(suite=self.kind, seed=self.seed, sampling=self.sampling, networks={}, groups=())

    def grown(self, plan: Plan, value: int) -> Plan:
        """Return the plan with one more row, that of a value; rows are in ascending order."""
        group, network = self._row(value)
        networks = plan.networks if network is None else {**plan.networks, network.name: network}
        rows = {name: rows_of(one) for name, one in networks.items() if one.has_data}
        notes = dict.fromkeys((*plan.notes, *_of_large_batches(group.workload, rows)))
        return replace(
            plan,
            networks=networks,
            groups=tuple(sorted((*plan.groups, group), key=self._place)),
            rows=rows,
            notes=tuple(notes),
        )

    @property
    def missing_data(self) -> str | None:
        """Return that random numbers are used instead of the network's data; None if it is there.

        In a sentence with the reason.
        """
        if self.network is None or not self.network.has_data:
            return None
        dataset = self.network.dataset
        reason = self.machine.unavailable_reason(dataset)
        return f"Random numbers are used instead of {dataset}: {reason}" if reason else None

    def value_of(self, workload: Workload) -> int:
        """Return the value of the axis at which the workload stands."""
        return self.axis.value(workload)

    def _place(self, group: Group) -> int:
        return self.value_of(group.workload)

    def _row(self, value: int) -> tuple[Group, Network | None]:
        params, network = self.axis.point(self.network, value)
        known = {} if network is None else {network.name: network}
        workload = build.workload_of(self.kind, params, known, self.machine)
        cases = tuple(Case(workload, target, kind) for target, kind in self.sides)  # type: ignore[arg-type]
        return within_memory(Group(workload, cases), self.machine, known), network


def _of_large_batches(workload: Workload, rows: Mapping[str, int]) -> Iterator[str]:
    """Yield that batches repeat rows, if this one does; rows: of the data, by network."""
    name = str(workload.params.get("network"))
    if name in rows and not workload.synthetic and int(workload.params["batch"]) > rows[name]:
        yield f"{name} has {rows[name]} training rows; larger batches hold some more than once"


def search_of(request: CrossoverRequest, machine: Machine) -> Search:
    """Check what is asked for; UsageError for the first mistake."""
    axis = axis_named(request.axis)
    kind = _kind(request, axis)
    network = _network(request, axis)
    first, last = _ends(request, axis)
    asked = (("--between", request.between), ("--and", request.other))
    sides = [side(flag, text, request, machine) for flag, text in asked]
    if sides[0] == sides[1]:
        raise UsageError(
            "--between and --and are the same target",
            value=sides[0][0].id,
            hint="Name two that differ, such as --between numpy --and torch",
        )
    search = Search(
        kind=kind,
        axis=axis,
        network=network,
        first=first,
        last=last,
        sides=tuple(with_call(one, kind, request, machine) for one in sides),
        seed=request.seed,
        sampling=_sampling(request.budget_s or BUDGET_S),
        machine=machine,
    )
    for end in (first, last):
        axis.point(network, end)  # says what is wrong with the network
    return search


def _kind(request: CrossoverRequest, axis: Axis) -> str:
    if not request.workload:
        return axis.kinds[0]
    choice(f"workload with an axis {axis.name}", request.workload, axis.kinds)
    return request.workload


def _network(request: CrossoverRequest, axis: Axis) -> Network | None:
    if axis.has_network and not request.network:
        raise UsageError(
            f"--axis {axis.name} needs a network",
            allowed=", ".join(every()),
            hint="Add one, such as --network mnist-512; or use --axis size",
        )
    if not axis.has_network and request.network:
        raise UsageError(
            f"--axis {axis.name} is the size of a matrix product, which has no network",
            value=request.network,
            allowed="--axis batch, width or depth with a network",
        )
    return named(request.network) if request.network else None


def _ends(request: CrossoverRequest, axis: Axis) -> tuple[int, int]:
    """Return the first and the last value of the axis."""
    if not request.span:
        return axis.first, axis.last
    allowed = f"two whole numbers from 1 to {axis.most} that grow, such as {axis.first}-{axis.last}"
    parts = request.span.replace(":", "-").split("-")
    numbers = [int(part) for part in parts if part.isdecimal() and len(part) <= len(str(axis.most))]
    if len(numbers) != len(parts) or len(numbers) != SIDES:
        raise UsageError.worded(
            f"--range {request.span}: {allowed}", value=request.span, allowed=allowed
        )
    first, last = numbers
    if not 1 <= first < last <= axis.most:
        raise UsageError.worded(
            f"--range {request.span}: {allowed}", value=request.span, allowed=allowed
        )
    return first, last


def _sampling(budget_s: float) -> Sampling:
    """Return the rules of a row: all rows together take a share of the time limit."""
    quick = RIGORS["quick"]
    case_s = TIMED_SHARE * budget_s / (MOST_POINTS * SIDES)
    blocks = max(1, round(case_s / quick.block_s))
    return replace(quick, case_s=case_s, blocks=blocks, budget_s=budget_s)

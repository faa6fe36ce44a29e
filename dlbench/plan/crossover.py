"""Plan a crossover: two targets, and a workload for every value of an axis.

The plan begins without rows; the search asks for one after the other. This module starts and
measures nothing, and imports no framework.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from dlbench.datasets.base import rows_of
from dlbench.errors import UsageError, unknown
from dlbench.networks.base import every, named
from dlbench.plan import build
from dlbench.plan.axes import Axis, axis_named
from dlbench.plan.presets import RIGORS
from dlbench.plan.request import CrossoverRequest
from dlbench.plan.targets import DEVICE_ALIASES, Machine, reason_to_skip, targets_for
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

# What `--data` takes, and the call of its targets.
CALLS = {"resident": "", "fed": "array"}

_THREADS = re.compile(r"t(\d+)")

Candidate = tuple[Target, str]


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
        return build.within_memory(Group(workload, cases), self.machine, known), network


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
    sides = tuple(_side(flag, request, machine) for flag in ("--between", "--and"))
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
        sides=tuple(_with_call(side, kind, request, machine) for side in sides),
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


# --- the two targets ----------------------------------------------------------------------------
def _side(flag: str, request: CrossoverRequest, machine: Machine) -> Candidate:
    """Return the one target that has all parts of a text; UsageError unless it is one."""
    text = request.between if flag == "--between" else request.other
    parts = _parts(text, machine)
    if not parts:
        raise UsageError(f"{flag} names no target", value=text, allowed=_words(machine))
    for part in parts:
        if not _is_known(part, machine):
            raise unknown(f"part of {flag}", part, _words(machine).split(", "))
    found = [one for one in _candidates(parts, request, machine) if set(parts) <= _words_of(one)]
    if not found:
        raise UsageError(
            f"{flag}: no target has all of these parts and options together",
            value=text,
            allowed=_words(machine),
            hint="See: dlbench list backends",
        )
    return _only(flag, text, found, machine)


def _only(flag: str, text: str, found: Sequence[Candidate], machine: Machine) -> Candidate:
    """Return the only candidate that this machine has."""
    reasons = {one: reason_to_skip(one[0], machine) for one in found}
    there = [one for one, reason in reasons.items() if reason is None]
    if len(there) == 1:
        return there[0]
    if not there:
        why = "; ".join(dict.fromkeys(map(str, reasons.values())))
        allowed = "a target of this machine, see: dlbench list backends"
        raise UsageError.worded(
            f"{flag} {text} cannot be measured: {why}. Allowed: {allowed}.",
            value=text,
            allowed=allowed,
        )
    short = [_short(target) for target, _ in there]
    names = short if len(set(short)) == len(short) else [target.id for target, _ in there]
    raise UsageError(
        f"{flag}: several targets match",
        value=text,
        allowed=", ".join(names),
        hint=f"Add a part, such as {flag} {names[0]}, or an option such as --backend",
    )


def _short(target: Target) -> str:
    return f"{target.backend}/{target.device}/{target.mode}"


def _parts(text: str, machine: Machine) -> list[str]:
    """Return the parts as targets spell them: the first card of a kind has no number."""
    aliases = {alias: name for name, d in machine.declarations.items() for alias in d.aliases}
    found = []
    for word in filter(None, map(str.strip, text.split("/"))):
        name, colon, index = word.partition(":")
        name = {**aliases, **DEVICE_ALIASES}.get(name, name)
        found.append(name if index == "0" else f"{name}{colon}{index}")
    return found


def _words_of(candidate: Candidate) -> set[str]:
    return set(candidate[0].id.split("/"))


def _words(machine: Machine) -> str:
    """Return the parts that targets may have, with commas; any number of threads is t1, t2, ..."""
    declared = machine.declarations.values()
    words = [
        *machine.declarations,
        *(kind for one in declared for kind in one.devices),
        *(mode for one in declared for mode in one.modes),
        *(dtype for one in declared for dtypes in one.devices.values() for dtype in dtypes),
        "t1",
    ]
    return ", ".join(dict.fromkeys(words))


def _is_known(part: str, machine: Machine) -> bool:
    kind, colon, index = part.partition(":")
    is_card = bool(colon) and kind != "cpu" and index.isdecimal()
    return bool(_THREADS.fullmatch(part)) or (kind if is_card else part) in _words(machine).split(
        ", "
    )


def _candidates(
    parts: Sequence[str], request: CrossoverRequest, machine: Machine
) -> list[Candidate]:
    """Return the targets to choose from: what the parts do not name is as the options say.

    Without an option it is each backend's default mode, float32 and all usable cores, on any
    device.
    """
    declared = machine.declarations
    kinds = list(dict.fromkeys(kind for d in declared.values() for kind in d.devices))
    modes = {mode for d in declared.values() for mode in d.modes}
    dtypes = {t for d in declared.values() for types in d.devices.values() for t in types}
    asked = {"device": kinds, "mode": ["default"], **request.targets}
    cards = [part for part in parts if part.partition(":")[0] in kinds]
    for axis, named_values in (
        ("backend", [part for part in parts if part in declared]),
        ("device", cards),
        ("mode", [part for part in parts if part in modes]),
        ("dtype", [part for part in parts if part in dtypes]),
        ("threads", [m[1] for part in parts if (m := _THREADS.fullmatch(part))]),
    ):
        if named_values:
            asked[axis] = named_values
    return targets_for(asked, machine)


def _with_call(
    side: Candidate, kind: str, request: CrossoverRequest, machine: Machine
) -> Candidate:
    """Return the side with the call of `--data`; UsageError if the workload has none."""
    target, mode_kind = side
    call = CALLS[choice("--data", request.data or "resident", tuple(CALLS))]
    declared = machine.declarations[target.backend]
    if call and call not in declared.calls.get(kind, ()):
        takers = [name for name, calls in declared.calls.items() if call in calls]
        raise UsageError.worded(
            f"--data {request.data}: {kind} has no call that takes arrays in {target.backend}. "
            f"Allowed: {', '.join(takers) or 'resident'}.",
            value=request.data,
            allowed=", ".join(takers) or "resident",
        )
    return replace(target, call=call), mode_kind

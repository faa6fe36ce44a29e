"""Say what the user names and the plan does not measure as named, and why."""

from collections.abc import Iterator, Mapping, Sequence

from dlbench.datasets.base import rows_of
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.plan.request import Request
from dlbench.plan.suite import Suite
from dlbench.plan.targets import BY_FRAMEWORK, Machine, named_values, targets_for, without_target
from dlbench.plan.wishes import has_value
from dlbench.records.case import Group, Target
from dlbench.records.network import Network
from dlbench.syntax import choices
from dlbench.workloads.base import AnyNetworks, kind_named


def reasons(
    suite: Suite, request: Request, machine: Machine, measured: Sequence[Target]
) -> list[str]:
    """Return why values of the suite or the request, beside others, are not measured.

    measured: the targets of all workloads.
    """
    of_suite = [axis for axis in suite.targets if axis not in request.targets]
    asked = {**suite.targets, **request.targets}
    found = [
        *without_target(suite.targets, machine, of_suite),
        *without_target(asked, machine, request.targets),
        *_without_dtype(asked, machine),
        *_without_workload(suite, asked, request, machine, measured),
        *_without_backend(request, machine, measured),
    ]
    return list(dict.fromkeys(found))


def _without_dtype(asked: Mapping[str, Sequence[str]], machine: Machine) -> Iterator[str]:
    """Yield which installed backends lack a named dtype that others have, and why."""
    if "dtype" not in asked:
        return
    targets = [target for target, _ in targets_for(asked, machine)]
    named = named_values(asked, machine, ("backend", "dtype"))
    for dtype in named["dtype"]:
        having = {target.backend for target in targets if target.dtype == dtype}
        for backend in named["backend"] if having else ():
            if backend not in having and backend in machine.installed:
                why = machine.declarations[backend].lacks.get(dtype, "it has no such type there")
                yield f"{dtype} in {backend}: {why}"


def _without_workload(
    suite: Suite,
    asked: Mapping[str, Sequence[str]],
    request: Request,
    machine: Machine,
    measured: Sequence[Target],
) -> Iterator[str]:
    """Yield why values of the request have targets, but no workload that takes them."""
    named = named_values(asked, machine, request.targets)
    kinds = list(dict.fromkeys(kind for entry in suite.entries for kind in entry.kinds))
    needs = [f"{kind} needs {kind_named(kind).needs}" for kind in kinds if kind_named(kind).needs]
    for axis, values in named.items():
        for value in values:
            if needs and not any(
                has_value(target, axis, value, machine.declarations) for target in measured
            ):
                yield f"{value}: {'; '.join(needs)}"


def _without_backend(
    request: Request, machine: Machine, measured: Sequence[Target]
) -> Iterator[str]:
    """Yield which loops no backend of the plan has."""
    names = list(dict.fromkeys(target.backend for target in measured))
    for loop in request.axes.get("loop", ()):
        if not any(target.loop == loop for target in measured):
            owners = [name for name, d in machine.declarations.items() if loop in d.loops]
            not_in = f", not in {', '.join(names)}" if names else ""
            yield f"loop {loop} exists only in {', '.join(owners)}{not_in}"


def large_batches(groups: Sequence[Group], networks: Mapping[str, Network]) -> Iterator[str]:
    """Yield which batches are larger than the data, so that they repeat its rows."""
    measured = (case for group in groups for case in group.cases if not case.skip)
    for workload in {case.workload.id: case.workload for case in measured}.values():
        params = workload.params
        network = networks.get(str(params.get("network")))
        if network is None or workload.synthetic:
            continue
        rows, batch = rows_of(network), int(params.get("batch", 0))
        if batch > rows:
            yield (
                f"{network.name} has {rows} training rows, so a batch of {batch} holds some of "
                "them more than once"
            )


def refuse_absent_networks(suite: Suite, request: Request, known: AnyNetworks) -> None:
    """Raise a UsageError for a network that the request names and no entry of the suite has."""
    entries = [
        (kind, entry.axes.get("network", list(known)))
        for entry in suite.entries
        for kind in entry.kinds
        if "network" in kind_named(kind).axes
    ]
    asked = request.axes.get("network")
    for name in choices("network", asked, list(known)) if asked else ():
        if entries and not any(name in networks for _, networks in entries):
            there = list(dict.fromkeys(str(one) for _, networks in entries for one in networks))
            hint = f"Try: dlbench run {entries[0][0]} --network {name}" if name in every() else ""
            raise UsageError(
                f"suite {suite.name} does not measure network {name}",
                allowed=", ".join(there),
                hint=hint,
            )


def untried(groups: Sequence[Group]) -> Iterator[str]:
    """Yield which kinds of devices of the plan dlbench has never run on."""
    devices = (case.target.device for group in groups for case in group.cases if not case.skip)
    for kind in dict.fromkeys(device.partition(":")[0] for device in devices):
        if kind in BY_FRAMEWORK:
            yield (
                f"{kind}: this has never run on such a device. Results and placement are checked "
                "as everywhere; whether the times are right, nobody has looked at"
            )

"""From a suite and the user's options to a plan: every case, and why some are skipped.

Nothing is imported, started or measured here but what the machine says of itself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from dlbench import registry, units
from dlbench.datasets.base import rows_of
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.plan import presets
from dlbench.plan.request import Request
from dlbench.plan.suite import NAME_AXES, Entry, Suite
from dlbench.plan.targets import NO_GPU, Machine, reason_to_skip, targets_for
from dlbench.records.base import DTYPES
from dlbench.records.case import Case, Group, Target, Workload
from dlbench.records.network import Network
from dlbench.records.plan import Plan, Sampling
from dlbench.syntax import choices, expression, integers
from dlbench.workloads.base import Axes, kind_named

# What a live case holds, by the elements of its multiplications: the data as drawn, its copy in
# the framework, the results, and in passing the oracle's float64.
MEMORY_SHARE = 3


def make(suite: Suite, asked: Request, machine: Machine) -> Plan:
    """The plan; UsageError where the user asked for what does not exist, or for nothing."""
    _refuse_useless(suite, asked)
    known = {**every(), **{network.name: network for network in suite.networks}}
    with _blamed_on(suite):
        targets_for(suite.targets, machine)
        for entry in suite.entries:
            if named := entry.axes.get("network"):
                choices("network", map(str, named), list(known))
    targets = targets_for({**suite.targets, **asked.targets}, machine)
    keeps = expression(asked.keep) if asked.keep else _keeps_all
    groups = [
        _group(workload, _variants(workload, axes, targets, machine), keeps, machine, known)
        for workload, axes in _workloads(suite, asked, known, machine)
    ]
    groups = with_nulls([group for group in groups if group.cases])
    _refuse_nothing(groups)
    used = {str(group.workload.params.get("network")) for group in groups}
    networks = {name: network for name, network in known.items() if name in used}
    return Plan(
        suite=suite.name,
        seed=asked.seed,
        sampling=_sampling(suite.sampling, asked),
        networks=networks,
        groups=tuple(groups),
        rows={name: rows_of(network) for name, network in networks.items() if network.has_data},
    )


def _keeps_all(case: str) -> bool:  # noqa: ARG001
    return True


def _sampling(suite: Sampling, asked: Request) -> Sampling:
    """The suite's rules, replaced by those of the rigor asked for, and by what else was asked."""
    base = suite if asked.rigor is None else presets.sampling(asked.rigor, suite)
    given = {name: getattr(asked, name) for name in ("generations", "renewals", "precision")}
    given |= {"budget_s": asked.budget_s, "compile_limit_s": asked.compile_limit_s}
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def with_nulls(groups: Sequence[Group]) -> list[Group]:
    """Return every group with a null: a copy of one case, of another target in each group.

    Of a dynamic mode where there is one: the copy of a static one would be compiled again.
    """
    found = []
    for number, group in enumerate(groups):
        running = [case for case in group.cases if case.skip is None]
        candidates = [case for case in running if case.mode_kind == "dynamic"] or running
        copied = candidates[number % len(candidates)] if candidates else None
        null = None if copied is None else replace(copied, null=True)
        found.append(replace(group, null=null))
    return found


@contextmanager
def _blamed_on(suite: Suite) -> Iterator[None]:
    """Name the suite's file in what is wrong with it."""
    try:
        yield
    except UsageError as error:
        raise error.at(f"{suite.name}.toml") from error


def _refuse_useless(suite: Suite, asked: Request) -> None:
    """An option that no workload of the suite takes would be passed over in silence."""
    kinds = (kind_named(name) for entry in suite.entries for name in entry.kinds)
    axes = list(dict.fromkeys(axis for kind in kinds for axis in kind.axes))
    for axis, given in asked.axes.items():
        if axis not in axes:
            raise _useless(suite.name, axis, given, axes)


def _useless(suite: str, axis: str, given: Sequence[str], axes: Sequence[str]) -> UsageError:
    """The error for an option of other workloads; it names them, and a command with one."""
    takers = [name for name in registry.names("workloads") if axis in kind_named(name).axes]
    hint = f"Try: dlbench run {takers[0]} --{axis} {','.join(given)}"
    text = (
        f"--{axis} needs a workload such as {', '.join(takers)}, and suite {suite} has none. {hint}"
    )
    return UsageError.worded(text, value=axis, allowed=", ".join(axes), hint=hint)


def _refuse_nothing(groups: Sequence[Group]) -> None:
    if not groups:
        raise UsageError(
            "nothing is left to measure: no case fits the suite, the options and -k together",
            hint="See what there is with: dlbench run --dry-run, dlbench list backends",
        )
    reasons = {case.skip for group in groups for case in group.cases}
    if None not in reasons:
        if reasons == {NO_GPU}:
            raise UsageError(f"{NO_GPU}, so there is nothing to measure")
        raise UsageError("nothing can be measured: " + "; ".join(sorted(map(str, reasons))))


def _workloads(
    suite: Suite, asked: Request, known: Mapping[str, Network], machine: Machine
) -> Iterator[tuple[Workload, Axes]]:
    """Every workload once, with the axes that it comes from."""
    seen = set()
    for entry in suite.entries:
        for kind_name in entry.kinds:
            kind = kind_named(kind_name)
            axes = _axes(entry, kind.axes, asked, known)
            if "loop" in axes:
                choices("loop", map(str, axes["loop"]), _loops(machine))
            for params in kind.expand(axes, known):
                workload = Workload(
                    kind=kind_name,
                    params=params,
                    work=kind.work(params, known),
                    synthetic=_synthetic(params, known, machine),
                )
                if workload.id not in seen:
                    seen.add(workload.id)
                    yield workload, axes


def _axes(
    entry: Entry, allowed: Sequence[str], asked: Request, known: Mapping[str, Network]
) -> dict[str, list[int] | list[str]]:
    """The entry's axes that the kind has, replaced by what the user asked for."""
    axes = {axis: values for axis, values in entry.axes.items() if axis in allowed}
    for axis, given in asked.axes.items():
        if axis in allowed:
            axes[axis] = list(given) if axis in NAME_AXES else integers(f"--{axis}", given)
    if "network" in axes:
        axes["network"] = choices("network", map(str, axes["network"]), list(known))
    return axes


def _loops(machine: Machine) -> list[str]:
    every = (loop for one in machine.declarations.values() for loop in one.loops)
    return list(dict.fromkeys(every))


def _variants(
    workload: Workload, axes: Axes, targets: Sequence[tuple[Target, str]], machine: Machine
) -> list[tuple[Target, str]]:
    """The targets in all ways in which they run the workload."""
    kind = kind_named(workload.kind)
    return [
        (variant, mode_kind)
        for target, mode_kind in targets
        for variant in kind.variants(target, machine.declarations[target.backend], axes)
    ]


def _synthetic(
    params: Mapping[str, int | str], known: Mapping[str, Network], machine: Machine
) -> bool:
    if "network" not in params:
        return False
    network = known[str(params["network"])]
    return not network.has_data or machine.unavailable_reason(network.dataset) is not None


def _group(
    workload: Workload,
    targets: Sequence[tuple[Target, str]],
    keeps: Callable[[str], bool],
    machine: Machine,
    known: Mapping[str, Network],
) -> Group:
    cases = [
        Case(workload, target, kind, reason_to_skip(target, machine))  # type: ignore[arg-type]
        for target, kind in targets
    ]
    cases = [case for case in cases if keeps(case.id)]
    elements = kind_named(workload.kind).elements_in_memory(workload.params, known)
    return Group(workload, tuple(_within_memory(cases, elements, machine)))


def _within_memory(cases: Sequence[Case], elements: int, machine: Machine) -> Iterator[Case]:
    """The cases, skipped if those that run, of so many numbers each, do not fit together."""
    running = [case for case in cases if case.skip is None]
    # and once more for the null
    live = [*running, *running[:1]]
    need = sum(MEMORY_SHARE * elements * DTYPES[case.target.dtype].bytes for case in live)
    targets = units.counted(len(running), "target")
    for case in cases:
        if case.skip or need <= machine.memory_bytes:
            yield case
        else:
            yield replace(
                case,
                skip=f"{case.workload.id} needs about {units.size(need)} of memory for its "
                f"{targets} and {units.size(machine.memory_bytes)} are free; "
                "choose smaller sizes or fewer targets",
            )

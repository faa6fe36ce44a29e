"""Make a plan of a suite and a request: all cases, with a reason for each skipped one.

This module starts and measures nothing, and imports no framework.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

from msgspec.structs import replace

from dlbench import registry
from dlbench.datasets.base import rows_of
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.own.targets import own_calls, own_reason_to_skip, own_variants
from dlbench.plan import left_out, presets
from dlbench.plan.afford import lengthened, within_limit
from dlbench.plan.fitting import precision
from dlbench.plan.fitting.memory import within_memory
from dlbench.plan.nulls import with_nulls
from dlbench.plan.request import Request
from dlbench.plan.suite import NAME_AXES, Entry, Suite
from dlbench.plan.targets import NO_GPU, Machine, reason_to_skip, targets_for
from dlbench.plan.together import joined
from dlbench.records.case import ALL_CALLS, BARE, Case, Group, Target, Workload
from dlbench.records.costs import NO_COSTS, Costs
from dlbench.records.network import Network
from dlbench.records.own import OwnNetwork
from dlbench.records.plan import Plan, Sampling
from dlbench.syntax import choices, expression, integers
from dlbench.workloads.base import AnyNetworks, Axes, for_kinds, kind_named

# More cases are measured for weeks. A few bytes of a suite can ask for millions.
MOST_CASES = 100_000

# The limits of a single step: of time and of memory.
LIMITS = ("compile_limit_s", "timeout_s", "memory_limit_gib")


def make(suite: Suite, request: Request, machine: Machine, costs: Costs = NO_COSTS) -> Plan:
    """Make the plan; UsageError if the request names something unknown, or if no case is left.

    costs: what earlier runs took, to fit a plan into a time limit.
    """
    _refuse_unused_options(suite, request)
    own: AnyNetworks = {network.name: network for network in suite.own}
    known = {**every(), **{network.name: network for network in suite.networks}, **own}
    with _errors_name(suite):
        targets_for(suite.targets, machine)
        for entry in suite.entries:
            if names := entry.axes.get("network"):
                choices("network", map(str, names), list(known))
    targets = targets_for({**suite.targets, **request.targets}, machine)
    keeps = expression(request.keep) if request.keep else _keeps_all
    _refuse_unknown_calls(suite, request, targets, machine)
    rows = [*_rows(_workloads(suite, request, known, machine), targets, machine)]
    measured = [target for _, variants in rows for target, _ in variants]
    reasons = left_out.reasons(suite, request, machine, measured)
    groups = [_group(workload, variants, keeps, machine, known) for workload, variants in rows]
    groups = joined([group for group in groups if group.cases], request.together)
    groups = [within_memory(group, machine, known) for group in groups]
    _refuse_empty_plan(groups, reasons)
    sampling = _sampling(suite.sampling, request)
    groups = within_limit(groups, sampling, costs, request)
    groups = with_nulls(groups, sampling.generations, machine.declarations)
    used = {str(case.workload.params.get("network")) for group in groups for case in group.cases}
    networks = {n: one for n, one in known.items() if n in used and isinstance(one, Network)}
    return Plan(
        suite=suite.name,
        seed=request.seed,
        sampling=lengthened(groups, sampling, costs),
        networks=networks,
        groups=tuple(groups),
        rows={name: rows_of(network) for name, network in networks.items() if network.has_data},
        notes=(
            *(f"Not measured: {reason}" for reason in reasons),
            *left_out.large_batches(groups, networks),
            *left_out.untried(groups),
        ),
    )


def _keeps_all(case: str) -> bool:  # noqa: ARG001
    return True


def _sampling(suite: Sampling, request: Request) -> Sampling:
    """Return the suite's rules, or those of the requested rigor, with the other options applied."""
    base = suite if request.rigor is None else presets.sampling(request.rigor, suite)
    options = {name: getattr(request, name) for name in ("generations", "renewals", "precision")}
    options |= {name: getattr(request, name) for name in ("budget_s", *LIMITS)}
    return replace(base, **{name: value for name, value in options.items() if value is not None})


@contextmanager
def _errors_name(suite: Suite) -> Iterator[None]:
    """Begin the message of every UsageError of the `with` block with the suite's file."""
    try:
        yield
    except UsageError as error:
        raise error.at(f"{suite.name}.toml") from error


def _refuse_unused_options(suite: Suite, request: Request) -> None:
    """Raise a UsageError for an option that no workload of the suite takes."""
    kinds = (kind_named(name) for entry in suite.entries for name in entry.kinds)
    axes = list(dict.fromkeys(axis for kind in kinds for axis in kind.axes))
    for axis, values in request.axes.items():
        if axis not in axes:
            raise _unused_option(suite.name, axis, values, axes)


def _unused_option(suite: str, axis: str, values: Sequence[str], axes: Sequence[str]) -> UsageError:
    """Return the error; it names the workloads that take the option, and a command with one."""
    takers = [name for name in registry.names("workloads") if axis in kind_named(name).axes]
    hint = f"Try: dlbench run {takers[0]} --{axis} {','.join(values)}"
    text = (
        f"--{axis} needs a workload such as {', '.join(takers)}, and suite {suite} has none. {hint}"
    )
    return UsageError.worded(text, value=axis, allowed=", ".join(axes), hint=hint)


def _refuse_empty_plan(groups: Sequence[Group], left: Sequence[str]) -> None:
    """Raise a UsageError if there is no case, or if all are skipped.

    left: why values that the user names are not measured.
    """
    if not groups and left:
        raise UsageError(f"nothing is left to measure: {'; '.join(left)}")
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


def _rows(
    workloads: Iterable[tuple[Workload, Axes]],
    targets: Sequence[tuple[Target, str]],
    machine: Machine,
) -> Iterator[tuple[Workload, list[tuple[Target, str]]]]:
    """Yield every workload once, with its targets; UsageError if there are too many cases."""
    seen, cases = set(), 0
    for workload, axes in workloads:
        variants = _variants(workload, axes, targets, machine)
        cases += max(1, len(variants))
        if cases > MOST_CASES:
            raise UsageError(
                f"there are more than {MOST_CASES:,} cases: every combination of values is one",
                allowed=f"at most {MOST_CASES:,}, before -k",
                hint="Give fewer values, or several suites",
            )
        if workload.id not in seen:
            seen.add(workload.id)
            yield workload, variants


def _workloads(
    suite: Suite, request: Request, known: AnyNetworks, machine: Machine
) -> Iterator[tuple[Workload, Axes]]:
    """Yield every workload, with its axes. known: all networks by name."""
    left_out.refuse_absent_networks(suite, request, known)
    for entry in suite.entries:
        for kind_name in entry.kinds:
            kind = kind_named(kind_name)
            axes = _axes(entry, kind.axes, request, known)
            if "loop" in axes:
                choices("loop", map(str, axes["loop"]), _loops(machine))
            for params in kind.expand(axes, for_kinds(known)):
                yield workload_of(kind_name, params, known, machine), axes


def workload_of(
    kind: str,
    params: Mapping[str, int | str],
    known: AnyNetworks,
    machine: Machine,
) -> Workload:
    """Return the workload of a kind with these parameters. known: its network, by name."""
    network = known.get(str(params.get("network")))
    return Workload(
        kind=kind,
        params=dict(params),
        work=kind_named(kind).work(dict(params), for_kinds(known)),
        synthetic=_synthetic(network, machine),
        own=network if isinstance(network, OwnNetwork) else None,
    )


def _axes(
    entry: Entry, allowed: Sequence[str], request: Request, known: AnyNetworks
) -> dict[str, list[int] | list[str]]:
    """Return the values of the kind's axes: those of the request, else those of the entry.

    Of networks, those of the entry that the request names.
    """
    axes = {axis: values for axis, values in entry.axes.items() if axis in allowed}
    for axis, words in request.axes.items():
        if axis in allowed:
            axes[axis] = list(words) if axis in NAME_AXES else integers(f"--{axis}", words)
    if "network" in axes:
        named = choices("network", map(str, axes["network"]), list(known))
        those = entry.axes.get("network", named)
        axes["network"] = [name for name in named if name in those]
    return axes


def _refuse_unknown_calls(
    suite: Suite, request: Request, targets: Sequence[tuple[Target, str]], machine: Machine
) -> None:
    """Raise a UsageError for a call that no chosen backend has for a workload of the suite."""
    kinds = dict.fromkeys(kind for entry in suite.entries for kind in entry.kinds)
    backends = dict.fromkeys(target.backend for target, _ in targets)
    calls = [
        call
        for backend in backends
        for kind, calls in machine.declarations[backend].calls.items()
        if kind in kinds
        for call in calls
    ]
    calls += own_calls(machine.declarations) if suite.own else []
    known = list(dict.fromkeys([ALL_CALLS, BARE, *calls]))
    asked = [entry.axes.get("call", []) for entry in suite.entries]
    for words in (request.axes.get("call", []), *asked):
        if words:
            choices("call", map(str, words), known)


def _loops(machine: Machine) -> list[str]:
    loops = (loop for declared in machine.declarations.values() for loop in declared.loops)
    return list(dict.fromkeys(loops))


def _variants(
    workload: Workload, axes: Axes, targets: Sequence[tuple[Target, str]], machine: Machine
) -> list[tuple[Target, str]]:
    """Return the targets of the workload: one for each of its loops, callbacks or calls."""
    own, declared = workload.own, machine.declarations
    variants = partial(own_variants, own) if own else kind_named(workload.kind).variants
    return [
        (variant, mode_kind)
        for target, mode_kind in targets
        for variant in variants(target, declared[target.backend], axes)
    ]


def _synthetic(network: Network | OwnNetwork | None, machine: Machine) -> bool:
    """Return whether the data are random."""
    if isinstance(network, Network) and network.has_data:
        return machine.unavailable_reason(network.dataset) is not None
    return network is not None and not network.has_data


def _group(
    workload: Workload,
    targets: Sequence[tuple[Target, str]],
    keeps: Callable[[str], bool],
    machine: Machine,
    known: AnyNetworks,
) -> Group:
    kind = kind_named(workload.kind)
    unfit = kind.reason_to_skip(workload.params, for_kinds(known))
    cases = [
        Case(
            workload,
            target,
            mode_kind,  # type: ignore[arg-type]
            unfit
            or reason_to_skip(target, machine)
            or own_reason_to_skip(target, machine.declarations[target.backend])
            or precision.reason_to_skip(workload, target, known),
        )
        for target, mode_kind in targets
    ]
    return Group(workload, tuple(case for case in cases if keeps(case.id)))

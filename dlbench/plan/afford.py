"""Fit a plan into its time limit: leave out expensive targets, so that every row has cheap ones.

Preparing is what a limit is lost on, and it is known beforehand, about. A target is left out of all
rows or of none.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from dlbench import units
from dlbench.plan.estimate import STRETCHES_S, case_s, compiler_s, of_groups, worker_s
from dlbench.plan.request import Request
from dlbench.records.case import Case, Group, Target
from dlbench.records.costs import Costs
from dlbench.records.plan import Sampling

# The largest share of the time limit for starting and preparing. The rest is for turns with their
# lead-ins (0.4 at least), and for what stands around them: ramps, stretches, messages.
PREPARING_SHARE = 0.4

# With a time limit that leaves room, a row may have so many times the rounds of its rigor, as long
# as it is not precise: intervals are then half as wide. Without a limit it ends.
MOST_LONGER = 4


def within_limit(
    groups: Sequence[Group], sampling: Sampling, costs: Costs, request: Request
) -> list[Group]:
    """Return the groups; targets that do not fit into the time limit are skipped with a reason.

    request: what the user asked for, to name the command that measures them.
    """
    budget_s = sampling.budget_s
    if budget_s is None:
        return list(groups)
    needs = {target: _Need(cases, sampling, costs) for target, cases in by_target(groups).items()}
    dropped = _dropped(needs, budget_s)
    reasons = {target: _reason(target, needs[target], budget_s, request) for target in dropped}
    return [replace(group, cases=tuple(_skipped(group.cases, reasons))) for group in groups]


def lengthened(groups: Sequence[Group], sampling: Sampling, costs: Costs) -> Sampling:
    """Return the sampling; if the time limit leaves room, rows that stay imprecise may go on."""
    if sampling.budget_s is None:
        return sampling
    plain = replace(sampling, budget_s=None, generations=1)
    once = of_groups(groups, plain, costs)
    cases = sum(case.skip is None for group in groups for case in group.live_in(0))
    turns_s = once.measuring_s - STRETCHES_S * cases
    room_s = sampling.budget_s / sampling.generations - (once.total_s - turns_s)
    factor = min(room_s / turns_s, MOST_LONGER) if turns_s else 1.0
    if factor <= 1:
        return sampling
    blocks, case_s = int(factor * sampling.blocks), factor * sampling.case_s
    return replace(sampling, blocks=blocks, case_s=case_s)


def by_target(groups: Iterable[Group]) -> dict[Target, list[Case]]:
    """Return the cases to measure, by target."""
    found: dict[Target, list[Case]] = {}
    for case in (case for group in groups for case in group.cases if case.skip is None):
        found.setdefault(case.target, []).append(case)
    return found


class _Need:
    """The seconds that a target needs before its blocks, in all of its rows."""

    def __init__(self, cases: Sequence[Case], sampling: Sampling, costs: Costs) -> None:
        target = cases[0].target
        compiling_s = compiler_s(target, costs) if cases[0].mode_kind == "static" else 0.0
        self.rows = len(cases)
        ready_s = sum(case_s(case, sampling, costs) for case in cases)
        self.all_s = worker_s(target, costs) + compiling_s + ready_s


def _dropped(needs: Mapping[Target, _Need], budget_s: float) -> set[Target]:
    """Return the targets to leave out, the most expensive ones.

    None if all fit. The cheapest one stays: whether it fits is seen when it runs.
    """
    room_s = PREPARING_SHARE * budget_s
    if sum(need.all_s for need in needs.values()) <= room_s:
        return set()
    first, *others = sorted(needs, key=lambda target: needs[target].all_s / needs[target].rows)
    dropped, used_s = set[Target](), 2 * needs[first].all_s  # with its null
    for target in others:
        need = needs[target]
        if used_s + need.all_s > room_s:
            dropped.add(target)
        else:
            used_s += need.all_s
    return dropped


def _reason(target: Target, need: _Need, budget_s: float, request: Request) -> str:
    """Return why a target is left out, and the command that measures it."""
    alone = replace(
        request,
        backend=(target.backend,),
        mode=(target.mode,),
        device=(target.device,),
        budget_s=None,
    )
    return (
        f"left out to keep the time limit of {budget_s:g} s: to start and prepare it takes about "
        f"{units.roughly(need.all_s)}; to measure it: {alone.command}"
    )


def _skipped(cases: Sequence[Case], reasons: Mapping[Target, str]) -> list[Case]:
    """Return the cases; those of the targets with a reason are skipped for it."""
    return [case if case.skip else replace(case, skip=reasons.get(case.target)) for case in cases]

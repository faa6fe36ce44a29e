"""Choose the nulls of a plan: second copies of some cases, in processes of their own.

Starting a process and a framework takes seconds, so a null is a target that many rows have: its
process lives on from row to row. Every device has its own, as its cases differ by other causes than
those of another device.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from dlbench.records.case import Case, Declaration, Group, Target


def with_nulls(
    groups: Sequence[Group], generations: int, declarations: Mapping[str, Declaration]
) -> list[Group]:
    """Return the groups with their nulls: one per device, in each generation of another target."""
    ranked = ranking(groups, declarations)
    turns = range(min(generations, len(ranked)))
    cycles = [[*ranked[turn:], *ranked[:turn]] for turn in turns]
    return [
        replace(group, nulls=tuple(_nulls(group, cycle) for cycle in cycles)) for group in groups
    ]


def ranking(groups: Sequence[Group], declarations: Mapping[str, Declaration]) -> list[Case]:
    """Return a case of every target, the best candidate first.

    The copy of a static mode must be compiled too, so it comes last. Then comes what more rows
    have, then the usual mode of its backend: op by op, a backend that is made to compile compiles
    every operation.
    """
    running = [case for group in groups for case in group.cases if case.skip is None]
    rows = Counter(case.target for case in running)
    first = {case.target: case for case in reversed(running)}

    def rank(case: Case) -> tuple[bool, int, bool]:
        usual = declarations[case.target.backend].default
        return case.mode_kind == "static", -rows[case.target], case.target.mode != usual

    order = list(dict.fromkeys(case.target for case in running))
    return sorted((first[target] for target in order), key=rank)


def _nulls(group: Group, cycle: Sequence[Case]) -> tuple[Case, ...]:
    running = [case for case in group.cases if case.skip is None]
    return tuple(replace(case, null=True) for case in copied(running, cycle))


def copied(cases: Sequence[Case], cycle: Sequence[Case]) -> list[Case]:
    """Return the cases of a row to copy: of each device, the first by the order of the targets.

    A row with dynamic modes on a device copies one of these.
    """
    places: dict[Target, int] = {case.target: place for place, case in enumerate(cycle)}
    best: dict[str, Case] = {}
    for case in sorted(cases, key=lambda case: (case.mode_kind, places[case.target])):
        best.setdefault(case.target.device, case)
    return [case for case in cases if case in best.values()]

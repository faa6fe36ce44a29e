"""The past of a resumed run: which rows of its plan were measured, and what followed from them.

Rows are measured one after the other. So all rows before the last one with a measurement are
complete, and that one is complete if nothing of it is missing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dlbench.grouping import grouped
from dlbench.harness.supervisor.state import RunState, sign
from dlbench.records.case import Group
from dlbench.records.measurement import Measurement, Sample
from dlbench.records.plan import Plan


class RowKey(NamedTuple):
    """A row in one generation, by the id of its workload."""

    generation: int
    row: str


@dataclass(frozen=True)
class Past:
    """What an earlier process has measured of a plan.

    kept: the measurements of complete rows; rows: all complete ones, also those for which there was
    nothing to measure; preparing_s: the seconds that it took to prepare a row; is_complete: whether
    no row is left, or no time.
    """

    kept: tuple[Measurement, ...] = ()
    rows: frozenset[RowKey] = frozenset()
    preparing_s: Mapping[RowKey, float] = field(default_factory=dict)
    is_complete: bool = False

    def restore(self, state: RunState) -> None:
        """Bring the state of a run to where the past ends, but for the time of each generation."""
        cases = {case.id: case for group in state.plan.groups for case in group.live}
        state.budget.began -= spent_s(self.kept)
        for one in self.kept:
            state.count(one)
            state.reported.add(one.case)
            if one.status != "ok":
                state.failed.add(one.case)
            case = cases[one.case]
            is_early = one.status == "timed_out" and not one.warmup
            if is_early and case.mode_kind == "static":
                state.too_slow[case.target] = case.workload.id


def past_of(plan: Plan, measurements: Sequence[Measurement]) -> Past:
    """Return the past of a plan with these measurements, in the order in which they were taken."""
    order = list(_rows(plan))
    places = {case.id: group.workload.id for _, group in order for case in group.live}
    lines = grouped(measurements, lambda one: RowKey(one.generation, places[one.case]))
    keys = [key for key, _ in order]
    numbers = {key: number for number, key in enumerate(keys)}
    last = max((numbers[key] for key in lines), default=-1)
    done = keys[: last + 1]
    if last >= 0:
        key, group = order[last]
        failed = {one.case for one in measurements if one.status != "ok"}
        if not _is_whole(key, group, lines[key], failed) and not _is_late(plan, key, measurements):
            done.remove(key)
    kept = tuple(one for key in done for one in lines.get(key, ()))
    budget_s = plan.sampling.budget_s
    is_over = budget_s is not None and spent_s(kept) >= budget_s
    preparing_s = {key: sum(map(_preparing_s, lines[key])) for key in done if key in lines}
    is_complete = is_over or len(done) == len(keys)
    return Past(kept, frozenset(done), preparing_s, is_complete)


def _rows(plan: Plan) -> Iterator[tuple[RowKey, Group]]:
    """Yield the rows of all generations in their order (run.py)."""
    for generation in range(plan.sampling.generations):
        for group in plan.groups[:: sign(generation)]:
            yield RowKey(generation, group.workload.id), group


def _is_whole(
    key: RowKey, group: Group, lines: Iterable[Measurement], failed: Iterable[str]
) -> bool:
    """Return whether all cases of a row were measured to their end, or had failed before."""
    ended = {one.case for one in lines if one.stop_reason != "interrupted"}
    expected = {case.id for case in group.live_in(key.generation)}
    return expected <= ended | ({*failed} - {one.case for one in lines})


def _is_late(plan: Plan, key: RowKey, measurements: Iterable[Measurement]) -> bool:
    """Return whether the time of a generation is used up: a row that is cut then stays so."""
    sampling = plan.sampling
    if sampling.budget_s is None:
        return False
    share = (key.generation + 1) / sampling.generations
    return spent_s(measurements) >= sampling.budget_s * share


def spent_s(measurements: Iterable[Measurement]) -> float:
    """Return about the seconds that it took to take these measurements."""
    return sum(_seconds(one) for one in measurements)


def _seconds(one: Measurement) -> float:
    stretched = (sample for stretch in one.stretches for sample in stretch.samples)
    blocks: Iterable[Sample] = (*one.samples, *one.lead_ins, *stretched)
    timed_s = sum(sample.host_s for sample in blocks)
    return _preparing_s(one) + timed_s


def _preparing_s(one: Measurement) -> float:
    return (one.starting_s or 0.0) + (one.preparing_s or 0.0)

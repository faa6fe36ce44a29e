"""Warnings and remarks about a run: how far its numbers can be trusted."""

from collections.abc import Collection, Iterable, Sequence

from dlbench import units
from dlbench.analysis.labels import names_by_case, workload_names
from dlbench.analysis.level import doubt
from dlbench.analysis.nulls import Nulls
from dlbench.analysis.rerun import RerunCommand
from dlbench.analysis.rows import Row, timed_rows
from dlbench.analysis.run import ComparedRows
from dlbench.analysis.seams import SeamDrift, drifts
from dlbench.analysis.verdicts import MARGIN
from dlbench.records.case import Case
from dlbench.records.run import Environment, Run
from dlbench.records.settings import Departure, in_words
from dlbench.report.machine import device_time, precision
from dlbench.report.machine.cores import limit_of, remedy
from dlbench.report.machine.occupants import measured_beside
from dlbench.results.folder import Results
from dlbench.stats.ramp import LONGEST_LEAD_S

# The version of the records from which on turns have lead-ins.
WITH_LEAD_INS = 6

# Cases that one line names; there may be hundreds.
MOST_NAMED = 4

# The part of a time in ISO 8601 that is told: `2026-11-28 21:50`, in UTC.
MINUTES = len("2026-11-28T21:50")


def warnings(run: Run, reading: ComparedRows, spared: Collection[str] = ()) -> list[str]:
    """Return what must not be overlooked, in whole sentences.

    spared: the ids of cases that nothing disturbed on the CPU, but on a card.
    """
    lines = (
        measured_beside(run.beside) if run.beside else None,
        _busy([row for row in reading.rows if row.case not in spared]),
        _throttled(run.environment, reading.rows),
        _failed(reading.nulls, reading.rows),
        _implausible(reading.rows),
        _changed(reading.rows),
        _unsteady(reading.rows),
    )
    return [line for line in lines if line]


def _implausible(rows: Sequence[Row]) -> str | None:
    """Name the cases that are far above their roofs."""
    above = [row for row in rows if row.status == "implausible"]
    if not above:
        return None
    names = [f"{row.workload.label} on {row.target.backend} {row.target.mode}" for row in above]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return (
        "these times are shorter than the machine can be, so they are not ranked: "
        f"{', '.join(names[:MOST_NAMED])}{more}. If the machine has changed since, measure it "
        "again with: dlbench hardware"
    )


def roof_lines(rows: Sequence[Row]) -> list[str]:
    """Say why the share of the roof is not known, or is more than all of it."""
    timed = timed_rows(rows)
    reasons = dict.fromkeys(row.roof.reason for row in timed if row.roof.reason)
    lines = [f"% of roof: {reason}" for reason in reasons]
    known = [row.roof.share for row in timed if row.roof.share is not None]
    if any(share > 1 + MARGIN for share in known):
        lines.append(
            "More than 100 % of a roof: the machine does more than when it was measured; repeat "
            "dlbench hardware"
        )
    return lines[:MOST_NAMED]


def _changed(rows: Sequence[Row]) -> str | None:
    """Name the cases whose time turns change."""
    changed = [row for row in rows if row.status == "ok" and doubt(row.level)]
    if not changed:
        return None
    most = max(abs(row.level.turn_penalty or 0.0) for row in changed)
    return (
        f"the times of these cases in turns and without a pause differ by up to "
        f"{units.percent(most)}, so their ratios are less certain: {_named(changed, rows)}"
    )


def _unsteady(rows: Sequence[Row]) -> str | None:
    """Name the cases whose time kept changing."""
    changing = [row for row in rows if row.status == "ok" and row.level.steady is False]
    if not changing:
        return None
    return (
        "the time of these cases kept changing, also without a pause, so they are not ranked: "
        f"{_named(changing, rows)}"
    )


def _named(those: Sequence[Row], rows: Sequence[Row]) -> str:
    """Name some rows by workload and target; the first of many."""
    workloads = dict(zip((row.case for row in rows), workload_names(rows), strict=True))
    targets = names_by_case(rows)
    names = [f"{workloads[row.case]} on {targets.get(row.case, '')}" for row in those]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def _failed(nulls: Nulls, rows: Sequence[Row]) -> str | None:
    """Name the workloads whose self-check came out different."""
    if not nulls.failed:
        return None
    names = {row.workload.id: name for row, name in zip(rows, workload_names(rows), strict=True)}
    where = ", ".join(names.get(workload, workload) for workload in nulls.failed)
    return (
        "the self-check failed. One case, measured twice, differed by more than "
        f"{units.percent(nulls.margin)} in {where}, so the intervals there are wider"
    )


def lines(run: Run, reading: ComparedRows) -> list[str]:
    """Return what is not measured as asked, and sentences on self-check and repetitions, if any."""
    notes = (
        _nulls(reading.nulls),
        _generations(run, reading.rows),
        _settings(run, reading.rows),
        _without_lead_in(run, reading.rows),
        *device_time.lines(reading.rows),
    )
    told = [*run.plan.notes, *(note for note in notes if note)]
    return [*told, *precision.lines(run, reading.rows)]


def rerun_advice(run: Run, rows: Sequence[Row]) -> str | None:
    """Return the command that measures all unsure cases again, in a sentence; None without such."""
    unsure = [row for row in rows if row.comparison.verdict == "unsure"]
    if not unsure:
        return None
    ids = {row.case for row in unsure}
    ids |= {str(row.comparison.base_case) for row in unsure}
    command = RerunCommand(run).command([case for case in run.plan.cases if case.id in ids])
    before = []
    if any(row.busy for row in unsure):
        before.append("close other programs")
    if stopped := [row for row in unsure if row.is_throttled]:
        before.append(_remedy(run.environment, stopped))
    if before:
        steps = " and ".join(before)
        return f"{steps[0].upper()}{steps[1:]}, then run: {command}"
    return f"To settle the unsure ones: {command}"


def _settings(run: Run, rows: Sequence[Row]) -> str | None:
    """Name changed settings whose default can be measured and was not."""
    timed = timed_rows(rows)
    told = [
        f"{backend}: {one.name} is {in_words(one.ours)}, by default {in_words(one.default)} "
        f"(measure the default with {one.option})"
        for backend, departures in run.settings.items()
        for one in departures
        if one.measured_by
        and any(row.target.backend == backend for row in timed)
        and not any(_has_default(row, backend, one) for row in timed)
    ]
    return f"Settings changed by dlbench: {'; '.join(told)}" if told else None


def _has_default(row: Row, backend: str, departure: Departure) -> bool:
    wanted = departure.measured_by.items()
    is_default = any(getattr(row.target, axis, None) == value for axis, value in wanted)
    return row.target.backend == backend and is_default


def _without_lead_in(run: Run, rows: Sequence[Row]) -> str | None:
    """Name the cases whose steps are longer than any lead-in."""
    long = [row for row in rows if row.status == "ok" and (row.time.seconds or 0) > LONGEST_LEAD_S]
    if not long or run.schema_version < WITH_LEAD_INS:
        return None
    limit = units.duration(LONGEST_LEAD_S)
    return f"Steps longer than {limit} have no lead-in before a turn: {_named(long, rows)}"


def _nulls(nulls: Nulls) -> str | None:
    if nulls.spread is None:
        impossible = "Self-check not possible: other programs were running all the time"
        return impossible if nulls.busy else None
    disturbed = f" ({nulls.busy} more disturbed by other programs)" if nulls.busy else ""
    twice = f"{units.counted(nulls.pairs, 'case')} measured twice{disturbed}"
    check = f"Self-check: {twice}, {len(nulls.failed) or 'none'} came out different"
    if nulls.visible_low is None or nulls.visible_high is None:
        return f"{check}. It is not known how small a difference this run can detect"
    ends = dict.fromkeys(map(units.percent, (nulls.visible_low, nulls.visible_high)))
    where = ", depending on the row," if len(ends) > 1 else ""
    return (
        f"{check}. Such a run detects differences of {' to '.join(ends)}{where} in 4 of 5 cases; "
        "it often misses smaller ones"
    )


def _generations(run: Run, rows: Sequence[Row]) -> str | None:
    """Say how many repetitions the time limit allowed (harness/supervisor/schedule.py)."""
    budget_s, wanted = run.plan.sampling.budget_s, run.plan.sampling.generations
    counts = [row.blocks.generations for row in rows if row.status == "ok"]
    interrupted = any(row.blocks.stop_reason == "interrupted" for row in rows)
    if budget_s is None or interrupted or min(counts, default=wanted) >= wanted:
        return None
    made = " to ".join(map(str, sorted({min(counts), max(counts)})))
    limit = units.duration(budget_s)
    return f"Time limit of {limit}: {made} of {units.counted(wanted, 'repetition')} done"


def _busy(rows: Sequence[Row]) -> str | None:
    """Name the cases during which other programs used the CPU, by workload and target."""
    good = [row for row in rows if row.status == "ok"]
    busy = [row for row in good if row.busy]
    if not busy:
        return None
    during = "all" if len(busy) == len(good) else f"{len(busy)} of {len(good)}"
    return (
        f"other programs used the CPU during {during} measurements, so these times are too long: "
        f"{_named(busy, rows)}. Close other programs and measure again"
    )


def _throttled(environment: Environment, rows: Sequence[Row]) -> str | None:
    """Name the cases that the quota stopped, by workload and target, and say what to do."""
    stopped = [row for row in rows if row.status == "ok" and row.is_throttled]
    if not stopped:
        return None
    limit, todo = limit_of(environment), _remedy(environment, stopped)
    return (
        f"the container's CPU limit{limit} stopped these cases while they were measured: "
        f"{_named(stopped, rows)}. To measure without stops, {todo}"
    )


def _remedy(environment: Environment, stopped: Sequence[Row]) -> str:
    return remedy(environment, max(row.target.threads for row in stopped))


def seam_lines(results: Results) -> list[str]:
    """Return a sentence for every seam."""
    return [_seam(one) for one in drifts(results)]


def seam_warnings(results: Results) -> list[str]:
    """Return a sentence if the machine was faster or slower after a seam, beyond doubt."""
    changed = [one for one in drifts(results) if one.is_beyond_doubt]
    return [f"{_seam_ratio(one)}. {_seam_advice(changed)}" for one in changed[:1]]


def _seam_advice(changed: Iterable[SeamDrift]) -> str:
    times = units.counted(len([*changed]), "time")
    return (
        f"So the machine has changed where the run was resumed ({times}). Ratios within a workload "
        "are not affected, but times of different workloads may not compare"
    )


def _seam(one: SeamDrift) -> str:
    time = one.seam.resumed[:MINUTES].replace("T", " ")
    kept = units.counted(one.seam.kept, "measurement")
    resumed = f"The run was stopped, and resumed on {time} UTC after {kept}"
    if one.case is None:
        return resumed
    if one.change is None:
        unknown = "Whether the machine was as fast as before is not known"
        return f"{resumed}. {unknown}: {_why_unknown(one)}"
    return f"{resumed}. {_seam_ratio(one)}"


def _why_unknown(one: SeamDrift) -> str:
    """Return why the change is not known."""
    check = one.seam.check
    return (check and check.reason) or "other programs used the CPU"


def _seam_ratio(one: SeamDrift) -> str:
    """Return `matmul 8 on numpy eager then took 1.02 [0.95–1.09] times as long as before`."""
    case, change = one.case, one.change
    if case is None or change is None:
        return ""
    known = [value for value in change if value is not None]
    value, *ends = units.ratios(*known)
    interval = f" [{'–'.join(ends)}]" if ends else ""
    return f"{_name_of(case)} then took {value}{interval} times as long as before"


def _name_of(case: Case) -> str:
    return f"{case.workload.label} on {case.target.backend} {case.target.mode}"

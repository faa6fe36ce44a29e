"""What stands below the tables of a run, in sentences: how far they can be believed."""

from collections.abc import Sequence

from dlbench import units
from dlbench.analysis.labels import workload_names
from dlbench.analysis.nulls import Nulls
from dlbench.analysis.rerun import RerunCommand
from dlbench.analysis.rows import Row
from dlbench.analysis.run import ComparedRows
from dlbench.records.run import Run

# Workloads that one line names; there may be hundreds.
MOST_NAMED = 6


def warnings(reading: ComparedRows) -> list[str]:
    """What must not be overlooked, in whole sentences."""
    return [line for line in (_busy(reading.rows), _failed(reading.nulls)) if line]


def _failed(nulls: Nulls) -> str | None:
    if not nulls.failed:
        return None
    return (
        "a null pair, one case measured twice, lies beyond the margin of "
        f"{units.percent(nulls.asked)}: this run claims no difference below "
        f"{units.percent(nulls.margin)}"
    )


def lines(run: Run, reading: ComparedRows) -> list[str]:
    """Of null pairs and of too little time; nothing where there is nothing to say."""
    told = (_nulls(reading.nulls), _generations(run, reading.rows))
    return [line for line in told if line]


def settling(run: Run, rows: Sequence[Row]) -> str | None:
    """The one command for all verdicts that are unsure; None where none is."""
    unsure = [row for row in rows if row.comparison.verdict == "unsure"]
    if not unsure:
        return None
    ids = {row.case for row in unsure}
    ids |= {f"{row.workload.id}/{row.comparison.baseline}" for row in unsure}
    command = RerunCommand(run).command([case for case in run.plan.cases if case.id in ids])
    first = "end other programs, then " if any(row.busy for row in unsure) else ""
    return f"{first}to settle what is unsure: {command}"


def _nulls(nulls: Nulls) -> str | None:
    if nulls.spread is None:
        return "A/A: no null pair was measured undisturbed" if nulls.busy else None
    disturbed = f" ({nulls.busy} more under competition)" if nulls.busy else ""
    told = (
        f"A/A: {units.counted(nulls.pairs, 'null pair')}{disturbed}, "
        f"{nulls.differing} called different, spread {units.percent(nulls.spread)}"
    )
    if nulls.visible is None:
        return f"{told}; how small an effect it can see is not known"
    return f"{told}; smallest visible effect about {units.percent(nulls.visible)}"


def _generations(run: Run, rows: Sequence[Row]) -> str | None:
    """A budget may be too short for all of them (harness/supervisor/schedule.py)."""
    budget_s, wanted = run.plan.sampling.budget_s, run.plan.sampling.generations
    counts = [row.blocks.generations for row in rows if row.status == "ok"]
    interrupted = any(row.blocks.stop_reason == "interrupted" for row in rows)
    if budget_s is None or interrupted or min(counts, default=wanted) >= wanted:
        return None
    made = "–".join(map(str, sorted({min(counts), max(counts)})))
    return f"{made} of {units.counted(wanted, 'generation')} within {units.duration(budget_s)}"


def _busy(rows: Sequence[Row]) -> str | None:
    names = zip(rows, workload_names(rows), strict=True)
    told = [name for row, name in names if row.busy and row.status == "ok"]
    named = list(dict.fromkeys(told))
    if not named:
        return None
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    cases = units.counted(len(told), "case")
    return f"measured on a busy machine ({cases}): {', '.join(named[:MOST_NAMED])}{more}"

"""A history as a sheet: a table per workload with a sparkline, and the steps in sentences."""

from collections.abc import Iterator, Sequence
from math import exp, log1p
from typing import Any

import msgspec

from dlbench import units
from dlbench.analysis.labels import shorten, target_names
from dlbench.archive.history import (
    YARDSTICK,
    YARDSTICK_MODE,
    History,
    Series,
    Turn,
    margin_of_times,
)
from dlbench.archive.likeness import day
from dlbench.formats.base import Cell, Sheet, Table
from dlbench.grouping import grouped
from dlbench.records.case import Target

BARS = "▁▂▃▄▅▆▇█"

# The latest runs that a line of eighty characters has room for.
MOST_BARS = 16

# A smaller range of values fills only a part of the bars: noise should not look like a change.
LEAST_RANGE = log1p(0.1)

# A page has so many lines: series with steps first, then those of most runs.
MOST_LINES = 40

HEADS = (("runs",), ("time,", "latest"), ("x numpy,", "latest"), ("since", "first"), ("history",))

# Of what Likeness looks at.
NOTHING = "no version, setting, variable or driver that is recorded changed"

COLUMNS = ("case", "run", "started", "seconds", "ratio", "is_ratio", "factor", "given", "changed")


def sparkline(values: Sequence[float]) -> str:
    """Draw logarithms as bars, the latest MOST_BARS of them."""
    shown = values[-MOST_BARS:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    extra = max(0.0, LEAST_RANGE - (high - low)) / 2
    low, whole = low - extra, high - low + 2 * extra
    last = len(BARS) - 1
    return "".join(BARS[min(last, int((value - low) / whole * len(BARS)))] for value in shown)


def sheet_of(found: History, top: int | None = None) -> Sheet:
    """Lay out a history. top: lines of each table, 0 for all, None for what a page holds."""
    targets = list(dict.fromkeys(series.target for series in found.series))
    names = target_names(targets) if targets else {}
    return Sheet(
        sources=(_source(found),),
        answers=tuple(_sentences(found, names)),
        tables=tuple(_tables(found, names, top)),
        columns=COLUMNS,
        lines=tuple(_lines(found)),
        data=_data(found),
        warnings=found.warnings,
        remarks=tuple(_remarks(found, top)),
    )


def _source(found: History) -> str:
    if not found.runs:
        return "no run"
    count = units.counted(len(found.runs), "run")
    return f"{count}: {found.runs[0]} to {found.runs[-1]}" if len(found.runs) > 1 else found.runs[0]


def _sentences(found: History, names: dict[Target, str]) -> Iterator[str]:
    steps = [(series, turn) for series in found.series for turn in series.turns if not turn.given]
    if not steps:
        yield "no case has changed beyond doubt"
    for series, turn in steps:
        yield _sentence(series, turn, names[series.target])


def _sentence(series: Series, turn: Turn, name: str) -> str:
    word = "slower" if turn.factor > 1 else "faster"
    factor = units.ratios(max(turn.factor, 1 / turn.factor))[0]
    measure = "" if series.is_ratio else ", by its time alone"
    return (
        f"{series.label}, {name}: {factor}x {word} since {day(turn.started)} ({turn.run}): "
        f"{_why(turn)}{measure}"
    )


def _why(turn: Turn) -> str:
    return ", ".join(turn.changed) or NOTHING


def _shown(found: History, top: int | None) -> Sequence[Series]:
    if top is not None or len(found.series) <= MOST_LINES:
        return found.series
    return sorted(found.series, key=_interest)[:MOST_LINES]


def _interest(series: Series) -> tuple[bool, int]:
    """Sort series with a step first, then those of many runs."""
    return not any(not turn.given for turn in series.turns), -len(series.points)


def _tables(found: History, names: dict[Target, str], top: int | None) -> Iterator[Table]:
    for those in grouped(_shown(found, top), lambda one: one.workload).values():
        lines = [(names[one.target], _cells(one)) for one in (those[:top] if top else those)]
        yield Table("", HEADS, tuple(lines), (), shorten(those[0].label), starred=False)


def _cells(series: Series) -> tuple[Cell, ...]:
    last, values = series.points[-1], series.values
    since = exp(values[-1] - values[0]) if len(values) > 1 else None
    return (
        Cell(str(len(series.points))),
        Cell(units.duration(last.seconds)),
        Cell(units.ratios(last.ratio)[0] if last.ratio else ""),
        Cell(f"{units.ratios(since)[0]}x" if since else ""),
        Cell(sparkline(values)),
    )


def _lines(found: History) -> Iterator[tuple[object, ...]]:
    """Yield a line per case and run."""
    for series in found.series:
        turns = {turn.run: turn for turn in series.turns}
        for one in series.points:
            turn = turns.get(one.run)
            told = (turn.factor, turn.given, "; ".join(turn.changed)) if turn else (None, None, "")
            yield (
                *(series.case, one.run, one.started, one.seconds, one.ratio, series.is_ratio),
                *told,
            )


def _data(found: History) -> dict[str, Any]:
    return {"runs": found.runs, "margin": found.margin, "series": msgspec.to_builtins(found.series)}


def _remarks(found: History, top: int | None) -> Iterator[str]:
    hidden = len(found.series) - len(_shown(found, top))
    if hidden:
        yield f"{units.counted(hidden, 'case')} of fewer runs not shown; --top 0 shows all"
    given = grouped(
        (turn for series in found.series for turn in series.turns if turn.given),
        lambda turn: (turn.run, turn.changed),
    )
    for (run, changed), those in given.items():
        count = units.counted(len(those), "case")
        yield f"From {run} on, {count} begin anew: {', '.join(changed)}"
    if any(one.is_ratio for one in found.series):
        yield (
            f"x numpy: times as long as {YARDSTICK} {YARDSTICK_MODE} on the same workload in the "
            "same run, which cancels a slow day; bars are of these ratios, of times without them"
        )
    least, of_times = units.percent(found.margin), margin_of_times(found.margin)
    others = f" ({units.percent(of_times)} for times without a yardstick)"
    yield (
        f"A change is named if it is larger than {least} beyond doubt"
        f"{others if of_times > found.margin else ''}, at 1 % for all steps of a case"
    )

"""The metrics of a row: the title of each, what a row needs for it, and how it is written."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Literal, get_args

from dlbench import units
from dlbench.analysis.rows import Row
from dlbench.syntax import choices

Metric = Literal[
    "gflops",
    "time",
    "samples",
    "utilisation",
    "overhead",
    "compile",
    "break-even",
    "after-pause",
    "turns",
]


METRICS: tuple[Metric, ...] = get_args(Metric)


ALL = "all"


def chosen_metrics(words: str | None) -> list[Metric] | None:
    """Return the metrics of a list with commas, in their own order; None for None."""
    if words is None:
        return None
    wanted = {*choices("metric", [words], [*METRICS, ALL])}
    return [name for name in METRICS if {name, ALL} & wanted]


# What a row must have to appear in a table of the metric.
FIELDS: dict[Metric, Callable[[Row], object]] = {
    "gflops": attrgetter("time.gflops"),
    "time": attrgetter("time.seconds"),
    "samples": attrgetter("time.samples_per_s"),
    "utilisation": attrgetter("efficiency.utilisation"),
    "overhead": attrgetter("efficiency.overhead"),
    "compile": attrgetter("compile.seconds"),
    "break-even": attrgetter("break_even.state"),
    "after-pause": attrgetter("level.after_pause"),
    "turns": attrgetter("level.turn_penalty"),
}


# Metrics that only some rows have; their tables leave out the other rows.
SPARSE: tuple[Metric, ...] = ("overhead", "compile", "break-even", "after-pause", "turns")


def rows_with(rows: Sequence[Row], metric: Metric) -> list[Row]:
    """Return the rows that have the metric."""
    return [row for row in rows if FIELDS[metric](row) is not None]


# The text of a metric in a row, and its second line.
Texts = tuple[str, str]


def _number(value: Callable[[Row], float | None]) -> Callable[[Row], Texts | None]:
    """The text of a number."""

    def text(row: Row) -> Texts | None:
        found = value(row)
        return None if found is None else (units.significant(found), "")

    return text


def title_of(metric: Metric, rows: Sequence[Row]) -> tuple[str, Callable[[Row], Texts | None]]:
    """Return the title of a metric, and the function that writes it for a row."""
    if metric == "time":
        return _times(rows)
    if metric == "break-even":
        what = "Epochs" if any(row.target.loop for row in rows) else "Steps"
        title = f"{what} until compiling pays off, against the same framework's eager mode"
        return title, _break_even
    return PLAIN[metric]


def _times(rows: Sequence[Row]) -> tuple[str, Callable[[Row], Texts | None]]:
    """Use the unit of the median time, so that few zeros are needed."""
    times = sorted(row.time.seconds for row in rows if row.time.seconds)
    unit, symbol = units.time_unit(times[len(times) // 2] if times else 1.0)
    what = "epoch" if any(row.target.loop for row in rows) else "step"
    return f"Time per {what}, {symbol}", _number(
        lambda row: row.time.seconds and row.time.seconds / unit
    )


def _compiling(row: Row) -> Texts | None:
    cost = row.compile
    if cost.seconds is None:
        return None
    warm = "–" if cost.warm_s is None else units.significant(cost.warm_s)
    return units.significant(cost.seconds), warm


def _break_even(row: Row) -> Texts | None:
    """`1240` and `980–1600`, or why there is no number."""
    when = row.break_even
    if when.state is None:
        return None
    if when.state != "pays" or when.steps is None:  # also `at once`: a number would tell no more
        return when.state, f"≥ {units.rounded(when.low)}" if when.low else ""
    below = "–".join(units.rounded(end) for end in (when.low, when.high) if end is not None)
    return units.rounded(when.steps), below


def _after_pause(row: Row) -> Texts | None:
    """`1.7` and the pause."""
    level = row.level
    if level.after_pause is None or level.pause_s is None:
        return None
    return units.significant(level.after_pause), units.duration(level.pause_s)


def _turns(row: Row) -> Texts | None:
    """`+0.8` and `0.3 to 1.4`, in percent."""
    found = row.level.penalty
    if found is None:
        return None
    low, high = found.low, found.high
    below = "" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}"
    return f"{100 * found.value:+.1f}", below


# Metrics whose title is the same for all rows.
PLAIN: dict[Metric, tuple[str, Callable[[Row], Texts | None]]] = {
    "gflops": ("GFLOP/s", _number(lambda row: row.time.gflops)),
    "samples": ("samples/s", _number(lambda row: row.time.samples_per_s)),
    "utilisation": (
        "Speed, % of this machine's fastest matrix product",
        _number(lambda row: row.efficiency.utilisation and 100 * row.efficiency.utilisation),
    ),
    "overhead": (
        "Framework overhead, % of a step",
        _number(lambda row: row.efficiency.overhead and 100 * row.efficiency.overhead),
    ),
    "after-pause": (
        "First 20 ms after a pause: how many times as long a step takes (second line: the pause)",
        _after_pause,
    ),
    "turns": (
        "Measured in turns: the time of a step against a loop without pauses, % (95 % interval)",
        _turns,
    ),
    "compile": ("Compile time, s (second line: with the cache of an earlier run)", _compiling),
}

"""What can be shown of a row: the metrics, each with its title and how it is written."""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from dlbench import units
from dlbench.rows import Row

Metric = Literal["gflops", "time", "samples", "utilisation", "overhead", "compile", "break-even"]
METRICS: tuple[Metric, ...] = get_args(Metric)
# What a row must have, so that a table of the metric says something of it.
FIELDS: dict[Metric, str] = {
    "gflops": "gflops",
    "time": "time_s",
    "samples": "samples_per_s",
    "utilisation": "utilisation",
    "overhead": "overhead",
    "compile": "compile_s",
    "break-even": "break_even_state",
}
# Metrics of some rows only: their tables have no others.
SPARSE: tuple[Metric, ...] = ("overhead", "compile", "break-even")


def having(rows: Sequence[Row], metric: Metric) -> list[Row]:
    """The rows that have the metric."""
    return [row for row in rows if getattr(row, FIELDS[metric]) is not None]


# Of a metric in a row: what stands there, and a second line.
Texts = tuple[str, str]


def _number(value: Callable[[Row], float | None]) -> Callable[[Row], Texts | None]:
    """The text of a number."""

    def text(row: Row) -> Texts | None:
        found = value(row)
        return None if found is None else (units.significant(found), "")

    return text


def titled(metric: Metric, rows: Sequence[Row]) -> tuple[str, Callable[[Row], Texts | None]]:
    """The title of a metric, and how to write it of a row; None where it has none."""
    if metric == "time":
        return _times(rows)
    if metric == "break-even":
        what = "epochs" if any(row.loop for row in rows) else "steps"
        return f"{what} after which compiling has paid for itself", _break_even
    return PLAIN[metric]


def _times(rows: Sequence[Row]) -> tuple[str, Callable[[Row], Texts | None]]:
    """In the middle one's unit, neither the shortest nor the longest time gets many zeros."""
    times = sorted(row.time_s for row in rows if row.time_s)
    unit, symbol = units.time_unit(times[len(times) // 2] if times else 1.0)
    return f"time per iteration, {symbol}", _number(lambda row: row.time_s and row.time_s / unit)


def _compiling(row: Row) -> Texts | None:
    if row.compile_s is None:
        return None
    warm = "–" if row.compile_s_warm is None else units.significant(row.compile_s_warm)
    return units.significant(row.compile_s), warm


def _break_even(row: Row) -> Texts | None:
    """`1240` and `980–1600`, or why there is no number."""
    if row.break_even_state is None:
        return None
    if row.break_even_state != "pays" or row.break_even_steps is None:
        low = row.break_even_low
        return row.break_even_state, f"≥ {units.rounded(low)}" if low else ""
    ends = (row.break_even_low, row.break_even_high)
    below = "–".join(units.rounded(end) for end in ends if end is not None)
    return units.rounded(row.break_even_steps), below


# Metrics whose title is the same for all rows.
PLAIN: dict[Metric, tuple[str, Callable[[Row], Texts | None]]] = {
    "gflops": ("GFLOP/s", _number(lambda row: row.gflops)),
    "samples": ("samples/s", _number(lambda row: row.samples_per_s)),
    "utilisation": (
        "% of the fastest matmul",
        _number(lambda row: row.utilisation and 100 * row.utilisation),
    ),
    "overhead": (
        "% that the smallest step takes too",
        _number(lambda row: row.overhead and 100 * row.overhead),
    ),
    "compile": ("seconds of compiling with cold caches, with warm ones below", _compiling),
}

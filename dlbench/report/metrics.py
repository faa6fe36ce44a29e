"""The metrics of a row: the title of each, what a row needs for it, and how it is written."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Literal, NamedTuple, get_args

from dlbench import units
from dlbench.analysis.rows import Row
from dlbench.errors import UsageError
from dlbench.syntax import choices

Metric = Literal[
    "gflops",
    "time",
    "samples",
    "utilisation",
    "roof",
    "overhead",
    "compile",
    "break-even",
    "after-pause",
    "turns",
    "memory",
    "device",
]


METRICS: tuple[Metric, ...] = get_args(Metric)
ALL = "all"


def chosen_metrics(words: str | None) -> list[Metric] | None:
    """Return the metrics of a list with commas, in their own order; None for None."""
    if words is None:
        return None
    wanted = {*choices("metric", [words], [*METRICS, ALL])}
    return [name for name in METRICS if {name, ALL} & wanted]


# What a run must have measured for a metric, and a command that measures it.
NEEDS: dict[Metric, tuple[str, str]] = {
    "gflops": ("a matrix product or a network", "dlbench run"),
    "time": ("a workload", "dlbench run"),
    "samples": ("a workload with batches", "dlbench run lecture"),
    "utilisation": ("workload matmul beside the others", "dlbench run epochs"),
    "roof": ("the ceilings of its machine (dlbench hardware, once before)", "dlbench run"),
    "overhead": ("workload floor beside the others", "dlbench run graphs"),
    "compile": ("a static mode, whose cost the oldest runs lack", "dlbench run --mode static"),
    "break-even": ("a static mode beside an eager one, and no old run", "dlbench run graphs"),
    "after-pause": ("stretches without a pause, which older runs lack", "dlbench run"),
    "turns": ("stretches without a pause, which older runs lack", "dlbench run"),
    "memory": ("the memory of each case, which older runs lack", "dlbench run"),
    "device": ("a GPU, and no old run", "dlbench run gpu-quick"),
}


def measured(rows: Sequence[Row], metrics: Sequence[Metric]) -> list[Metric]:
    """Return the metrics that some row has; all of them if nothing was measured.

    Raises UsageError if no row has any: it says what to measure for each.
    """
    there = [name for name in metrics if rows_with(rows, name)]
    if there or not any(row.status == "ok" for row in rows):
        return there or list(metrics)
    lacking = "; ".join(
        f"{name} needs {needs}, measure it with: {command}"
        for name, (needs, command) in ((name, NEEDS[name]) for name in metrics)
    )
    having = [name for name in METRICS if rows_with(rows, name)]
    raise UsageError.worded(
        f"This run has no figures for --metric {','.join(metrics)}: {lacking}. "
        f"It has: {', '.join(having)}.",
        value=",".join(metrics),
        allowed=", ".join(having),
    )


# The text of a metric in a row, and its second line.
Texts = tuple[str, str]


class Form(NamedTuple):
    """How a metric is shown.

    title: above a table of it; head: above a column, in lines; value: of a row, None if it has
    none; text: the same in words; is_sparse: whether only some rows have it, so that its table
    leaves out the others; is_rate: whether more is better.
    """

    title: str
    head: tuple[str, ...]
    value: Callable[[Row], float | str | None]
    text: Callable[[Row], Texts | None]
    is_sparse: bool = False
    is_rate: bool = False


def rows_with(rows: Sequence[Row], metric: Metric) -> list[Row]:
    """Return the rows that have the metric."""
    return [row for row in rows if FORMS[metric].value(row) is not None]


def title_of(metric: Metric, rows: Sequence[Row]) -> str:
    """Return the title of a table of the metric."""
    return _named(FORMS[metric].title, rows)


def head_of(metric: Metric, rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the head of a column of the metric, in lines."""
    return tuple(_named(line, rows) for line in FORMS[metric].head)


def _named(text: str, rows: Sequence[Row]) -> str:
    """Put in what one iteration is."""
    what = "epoch" if any(row.target.loop for row in rows) else "step"
    return text.replace("{step}", what).replace("{Step}", what.capitalize())


def texts_of(metric: Metric, row: Row) -> Texts | None:
    """Return the text of a metric in a row, and its second line; None if it has none."""
    return FORMS[metric].text(row) if FORMS[metric].value(row) is not None else None


def _number(value: Callable[[Row], float | None]) -> Callable[[Row], Texts | None]:
    """Return the function that writes a number."""

    def text(row: Row) -> Texts | None:
        found = value(row)
        return None if found is None else (units.thousands(found), "")

    return text


def _utilisation(row: Row) -> float | None:
    return row.efficiency.utilisation and 100 * row.efficiency.utilisation


def _overhead(row: Row) -> float | None:
    return row.efficiency.overhead and 100 * row.efficiency.overhead


def _roof(row: Row) -> Texts | None:
    """`84` and the limit that is the roof."""
    found = row.roof
    return None if found.share is None else (units.significant(100 * found.share), found.kind or "")


def _time(row: Row) -> Texts | None:
    return (units.duration(row.time.seconds), "") if row.time.seconds else None


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
    if not when.steps and when.high:
        return f"≤ {units.rounded(when.high)}", ""
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


def _memory(row: Row) -> Texts | None:
    """`512 MiB`, and what lies on a device."""
    on_host, on_device = row.memory.resident_bytes, row.memory.device_bytes
    below = "" if on_device is None else units.size(on_device)
    return ("–" if on_host is None else units.size(on_host)), below


def _most_bytes(row: Row) -> int | None:
    known = (row.memory.resident_bytes, row.memory.device_bytes)
    return next((value for value in known if value is not None), None)


def _bound(row: Row) -> str | float | None:
    return row.device.share if row.device.bound is None else row.device.bound


def _device(row: Row) -> Texts | None:
    """`19 launch`: percent, and what sets the time."""
    share, bound = row.device.share, row.device.bound
    percent = "" if share is None else units.significant(100 * share, 2)
    return f"{percent} {bound or ''}".strip(), ""


FORMS: dict[Metric, Form] = {
    "gflops": Form(
        "GFLOP/s",
        ("GFLOP/s",),
        attrgetter("time.gflops"),
        _number(attrgetter("time.gflops")),
        is_rate=True,
    ),
    "time": Form("Time per {step}", ("time",), attrgetter("time.seconds"), _time),
    "samples": Form(
        "samples/s",
        ("samples", "/s"),
        attrgetter("time.samples_per_s"),
        _number(attrgetter("time.samples_per_s")),
        is_rate=True,
    ),
    "utilisation": Form(
        "Speed, % of this machine's fastest matrix product",
        ("% of best", "matmul"),
        attrgetter("efficiency.utilisation"),
        _number(_utilisation),
        is_rate=True,
    ),
    "roof": Form(
        "% of the roof (second line: which limit)",
        ("% of", "roof"),
        attrgetter("roof.share"),
        _roof,
        is_sparse=True,
        is_rate=True,
    ),
    "overhead": Form(
        "Framework overhead, % of a {step}",
        ("overhead", "%"),
        attrgetter("efficiency.overhead"),
        _number(_overhead),
        is_sparse=True,
    ),
    "compile": Form(
        "Compile time, s (second line: with the cache of an earlier run)",
        ("compile", "s"),
        attrgetter("compile.seconds"),
        _compiling,
        is_sparse=True,
    ),
    "break-even": Form(
        "{Step}s until compiling pays off, against the same framework's eager mode",
        ("{step}s to", "pay off"),
        attrgetter("break_even.state"),
        _break_even,
        is_sparse=True,
    ),
    "after-pause": Form(
        "First 20 ms after a pause: how many times as long a step takes (second line: the pause)",
        ("after a", "pause"),
        attrgetter("level.after_pause"),
        _after_pause,
        is_sparse=True,
    ),
    "turns": Form(
        "Measured in turns: the time of a step against a loop without pauses, % (95 % interval)",
        ("in turns", "%"),
        attrgetter("level.turn_penalty"),
        _turns,
        is_sparse=True,
    ),
    "memory": Form(
        "Most memory of the process (second line: of its tensors on the device)",
        ("memory",),
        _most_bytes,
        _memory,
        is_sparse=True,
    ),
    "device": Form(
        "The device's own time, % of a {step}, and what sets the time of a {step}",
        ("device", "%, bound"),
        _bound,
        _device,
        is_sparse=True,
    ),
}

# Metrics that only some rows have; their tables leave out the other rows.
SPARSE: tuple[Metric, ...] = tuple(metric for metric, form in FORMS.items() if form.is_sparse)

# Metrics that are no times, and rest on none: what else runs does not change them.
UNTIMED: tuple[Metric, ...] = ("memory",)

"""Which mode to use for how many steps, in a sentence per network: read off the rows.

The total time of a target is what compiling costs and so many steps; the lowest of these lines is
the advice. Where two lines cross is known as well as they are: see break_even.py.
"""

from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from dlbench import units
from dlbench.analysis.break_even import TotalTime
from dlbench.analysis.labels import names_by_case
from dlbench.analysis.rows import Row, is_timed

# What is repeated in a training, and what may stand for it where that was not measured.
PREFERRED = ("train_step", "backward", "forward", "predict")


class _Line(NamedTuple):
    """The total time of a target."""

    row: Row
    total: TotalTime


class _Stretch(NamedTuple):
    """From so many steps on a target takes the least time."""

    since: float
    row: Row


def advice(rows: Sequence[Row]) -> list[str]:
    """A sentence per network whose static modes have a dynamic twin; none without any."""
    names = names_by_case(rows)
    networks: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for row in rows:
        kind, params = row.workload.kind, row.workload.params
        if is_timed(row) and "network" in params and kind in PREFERRED:
            place = (str(params["network"]), str(params.get("batch")), row.target.dtype)
            networks.setdefault(place, {}).setdefault(kind, []).append(row)
    several = len({dtype for _, _, dtype in networks}) > 1
    told = []
    for (network, batch, dtype), kinds in networks.items():
        kind = next(name for name in PREFERRED if name in kinds)
        group = kinds[kind]
        if any(row.break_even.state for row in group):
            size = units.counted(int(batch), "row")
            what = f"{network}, {kind} of {size}{f' in {dtype}' if several else ''}"
            told.append(f"{what}: {_sentence(group, names)}")
    return told


def _sentence(rows: Sequence[Row], names: Mapping[str, str]) -> str:
    """Such as `least time with numpy, from about 120 steps on torch compile`, and the rest."""
    stretches = _envelope([_line(row) for row in rows if _is_sure(row)])
    first, *later = stretches
    words = [names[first.row.case]]
    for stretch in later:
        since, name = units.rounded(stretch.since), names[stretch.row.case]
        words.append(f"from about {since} steps{_epochs(stretch, rows)} on {name}")
    settled = ", ".join(words)
    unsure = [names[row.case] for row in rows if row.break_even.state == "unsure"]
    never = [names[row.case] for row in rows if row.break_even.state == "never"]
    ends = []
    if never:
        ends.append(f"never faster than dynamic: {', '.join(never)}")
    if unsure:
        ends.append(f"no sure gain over dynamic: {', '.join(unsure)}")
    return "; ".join((f"least time with {settled}", *ends))


def _epochs(stretch: _Stretch, rows: Sequence[Row]) -> str:
    """The same in epochs of the network's data, where a row says how long one is."""
    for row in rows:
        if row.break_even.epochs and row.break_even.steps:
            epochs = stretch.since * row.break_even.epochs / row.break_even.steps
            return f" ({units.significant(epochs, digits=2)} epochs)"
    return ""


def _is_sure(row: Row) -> bool:
    """Dynamic, or static and beyond doubt faster than dynamic, at a known cost."""
    pays = row.break_even.state == "pays" and row.compile.seconds is not None
    return row.mode_kind == "dynamic" or pays


def _line(row: Row) -> _Line:
    return _Line(row, TotalTime(row.compile.seconds or 0.0, row.time.seconds or inf))


def _envelope(lines: Sequence[_Line]) -> list[_Stretch]:
    """Who takes the least time, from the first step to the last."""
    at, best = 1.0, min(lines, key=lambda line: (line.total.of(1), line.total.step_s))
    found = [_Stretch(at, best.row)]
    while crossings := [
        (line.total.crossing(best.total), line.total.step_s, line)
        for line in lines
        if line.total.step_s < best.total.step_s
    ]:
        at, _, best = min(crossings, key=lambda crossing: crossing[:2])
        found.append(_Stretch(at, best.row))
    return found

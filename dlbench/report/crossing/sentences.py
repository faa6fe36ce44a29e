"""A crossover in sentences. A target is only called faster where that is sure."""

from collections.abc import Iterator
from math import ceil, floor

from dlbench import units
from dlbench.answers.crossing import Change, CostLine, Side, Sure
from dlbench.report.crossing.subject import Subject

LEGEND = "[ ]: 95 % interval"
BRACKET = "between the last and the first value at which that is sure"

# A cost line that misses a time by more than this explains nothing.
FITS = 0.25


def other(side: Side) -> Side:
    """Return the other side."""
    return "right" if side == "left" else "left"


def answer(subject: Subject) -> str:
    """Return which target to use where, in one sentence."""
    found = subject.comparison
    if found.change is not None:
        return _changes(subject, found.change)
    if not found.sure:
        return f"It cannot be told which of the two is faster{_measured(subject)}"
    if len(found.sure) == 1:
        return _one_side(subject, found.sure[0])
    parts = [_part(subject, one) for one in found.sure]
    return f"The faster of the two changes more than once: {', '.join(parts)}"


def _changes(subject: Subject, change: Change) -> str:
    ends = f"[{floor(change.low):,}–{ceil(change.high):,}]"
    below, above = subject.words(change.below), subject.words(other(change.below))
    return f"Below {subject.at(change.value)} {ends} use {below}, from there on {above}"


def _measured(subject: Subject) -> str:
    values = [place.value for place in subject.comparison.places if place.ratio is not None]
    if not values:
        return ": nothing was measured"
    if len(values) == 1:
        return f" at {subject.at(values[0])}"
    return f" at any {subject.axis} measured ({values[0]:,} to {values[-1]:,})"


def _one_side(subject: Subject, sure: Sure) -> str:
    name, places = subject.words(sure.side), subject.comparison.places
    first, last = places[0].value, places[-1].value
    limits = f"(measured: {first:,} to {last:,})"
    if (sure.first, sure.last) == (first, last):
        unsure = sum(place.faster is None for place in places)
        doubt = f", but at {unsure} of them it cannot be told" if unsure else ""
        every = f"at every {subject.axis} measured ({first:,} to {last:,})"
        return f"{_capital(name)} is faster {every}{doubt}{_by_how_much(subject, sure.side)}"
    if sure.last == last:
        where = f"from {subject.at(sure.first)} on; below, it cannot be told"
    elif sure.first == first:
        where = f"up to {subject.at(sure.last)}; above, it cannot be told"
    elif sure.first == sure.last:
        where = f"at {subject.at(sure.first)}; elsewhere, it cannot be told"
    else:
        where = f"from {subject.at(sure.first)} to {sure.last:,}; elsewhere, it cannot be told"
    return f"{_capital(name)} is faster {where} {limits}"


def _by_how_much(subject: Subject, side: Side) -> str:
    """Return the range of the ratios of a side that is faster everywhere."""
    ratios = [
        place.ratio if side == "left" else 1 / place.ratio
        for place in subject.comparison.places
        if place.ratio and place.faster == side
    ]
    ends = [units.significant(one, 2) for one in (min(ratios), max(ratios))]
    much = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return f"; {subject.words(other(side))} takes {much} times as long"


def _capital(text: str) -> str:
    return f"T{text[1:]}" if text.startswith("the ") else text


def _part(subject: Subject, sure: Sure) -> str:
    where = f"{sure.first:,} to {sure.last:,}" if sure.last > sure.first else f"{sure.first:,}"
    return f"{subject.words(sure.side)} at {subject.axis} {where}"


def costs(subject: Subject) -> Iterator[str]:
    """Yield the cost line of each target in words."""
    found = subject.comparison
    for side, line in (("left", found.left_cost), ("right", found.right_cost)):
        if line is not None:
            name = subject.name("left" if side == "left" else "right")
            yield f"{name}: {_line(subject, line)}"


def _line(subject: Subject, line: CostLine) -> str:
    parts = [units.duration(line.start_s)] if line.start_s else []
    if line.rate_per_s is not None:
        parts.append(f"{subject.axis} / {units.thousands(line.rate_per_s)} per s")
    elif line.flops_per_s is not None:
        parts.append(f"work / {units.thousands(line.flops_per_s / 1e9)} GFLOP/s")
    worst = units.percent(line.worst)
    fits = f"within {worst}" if line.worst <= FITS else f"off by up to {worst}: no straight line"
    return f"a step takes about {' + '.join(parts)} ({fits})"

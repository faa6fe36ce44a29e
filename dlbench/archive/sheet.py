"""A comparison as a sheet: sentences, a table per workload, and the same as data."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import exp
from typing import Any

from msgspec.structs import astuple, fields

from dlbench import units
from dlbench.analysis.labels import shorten, target_names
from dlbench.analysis.verdicts import Verdict, without_figures
from dlbench.archive.comparison import Compared
from dlbench.archive.gate import Gate
from dlbench.archive.verdict import Change, Mean
from dlbench.formats.base import Cell, Notes, Sheet, Table
from dlbench.grouping import grouped

# On a page with more lines than this, only changes beyond doubt are shown.
MOST_LINES = 40

# A sentence names so many cases.
MOST_NAMED = 4

LEGEND = "[ ]: 95 % interval; averages are geometric means over cases"

HEADS = (("A",), ("B",), ("B / A",), ("95 %", "interval"), ("B is",))

WORDS: dict[Verdict, str] = {
    "slower": "slower",
    "faster": "faster",
    "same": "the same",
    "unsure": "unsure",
}


def sheet_of(compared: Compared, gate: Gate | None = None, top: int | None = None) -> Sheet:
    """Lay out a comparison. top: lines of each table, 0 for all, None for what a page holds."""
    columns = tuple(one.name for one in fields(Change))
    return Sheet(
        sources=(f"A: {compared.a}", f"B: {compared.b}"),
        answers=(*_gate(gate), *_sentences(compared)),
        legend=LEGEND,
        tables=tuple(_tables(compared, top)),
        columns=columns,
        lines=tuple(astuple(one) for one in compared.changes),
        data=_data(compared, gate),
        warnings=tuple(_warnings(compared)),
        remarks=tuple(_remarks(compared, top)),
    )


def _data(compared: Compared, gate: Gate | None) -> dict[str, Any]:
    return {
        "a": compared.a,
        "b": compared.b,
        "margin": compared.margin,
        "together": compared.together,
        "machines": compared.machines,
        "software": compared.likeness.software if compared.likeness else {},
        "machine_change": {kind: exp(one.value) for kind, one in compared.anchors.items()},
        "gate": None if gate is None else {"outcome": gate.outcome, **_fields(gate)},
        "means": compared.means,
        "rows": compared.changes,
        "unmatched": [one._asdict() for one in compared.unmatched],
    }


def _fields(gate: Gate) -> dict[str, object]:
    return {one.name: getattr(gate, one.name) for one in fields(gate)}


def _warnings(compared: Compared) -> Iterator[str]:
    yield from compared.warnings
    if compared.together:
        return
    if compared.machines:
        yield (
            "A and B are of two machines, so ratios tell machine and software together: "
            + "; ".join(compared.machines)
        )
    if not compared.is_anchored:
        yield (
            "no other target has the same software in both runs, so a change of the machine "
            "cannot be told from one of the software. Intervals allow for 10 % between two runs. "
            "Measure a second framework as a yardstick, such as NumPy"
        )


def _gate(gate: Gate | None) -> Iterator[str]:
    if gate is None:
        return
    limit, total = units.percent(gate.limit), gate.judged
    if gate.slower:
        yield (
            f"gate failed: {_counted(len(gate.slower), total)} slower by more than {limit} "
            f"beyond doubt: {_named(gate.slower)}"
        )
    elif gate.outcome == "unsure" and not total:
        yield "gate cannot tell: no case could be judged"
    elif gate.outcome == "unsure":
        parts = [f"{len(gate.unsure)} may be slower by more than {limit}"] if gate.unsure else []
        parts += [f"{len(gate.missing)} not compared"] if gate.missing else []
        yield f"gate cannot tell (--strict): {', '.join(parts)}"
    else:
        yield f"gate passed: no case is slower by more than {limit} beyond doubt"
    if gate.detects is not None:
        yield f"the gate detects a case that is slower by {units.percent(gate.detects)}"


def _counted(count: int, total: int) -> str:
    return f"{count} of {units.counted(total, 'case')} {'is' if count == 1 else 'are'}"


def _named(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - MOST_NAMED} more" if len(cases) > MOST_NAMED else ""
    return ", ".join(cases[:MOST_NAMED]) + more


def _sentences(compared: Compared) -> Iterator[str]:
    counts = Counter(one.verdict for one in compared.changes)
    told = [f"{words} in {counts[verdict]}" for verdict, words in WORDS.items() if counts[verdict]]
    total = units.counted(len(compared.changes), "case")
    margin = units.percent(compared.margin)
    if told:
        yield f"B is {', '.join(told)} of {total}; differences below {margin} do not count"
    else:
        yield "no case could be compared"
    if compared.likeness:
        changed = [*compared.likeness.software.values(), *compared.likeness.everywhere]
        yield f"changed: {'; '.join(changed)}" if changed else "the software is the same in both"
    yield from map(_mean, compared.means)


def _mean(mean: Mean) -> str:
    whose = "" if mean.label == "all" else f"{mean.label}: "
    value, ends = units.significant(mean.ratio), ""
    if mean.low is not None and mean.high is not None:
        value, low, high = units.ratios(mean.ratio, mean.low, mean.high)
        ends = f" [{low}–{high}]"
    return f"{whose}B takes {value}{ends} times as long, over {units.counted(mean.cases, 'case')}"


def _tables(compared: Compared, top: int | None) -> Iterator[Table]:
    """Yield a table per workload; a single one if there is one target."""
    shown = _shown(compared.changes, top)
    names = {
        target.id: name for target, name in target_names(list(compared.targets.values())).items()
    }
    notes = Notes()
    if len(compared.targets) == 1:
        lines = [(shorten(one.label), _cells(one, notes)) for one in _top(shown, top)]
        if lines:
            yield _table("workload", lines, notes)
        return
    for those in grouped(shown, lambda one: one.workload).values():
        lines = [(names[one.target], _cells(one, notes)) for one in _top(those, top)]
        yield _table(those[0].label, lines, notes)


def _shown(changes: Sequence[Change], top: int | None) -> Sequence[Change]:
    if top is not None or len(changes) <= MOST_LINES:
        return changes
    sure = [one for one in changes if one.verdict in {"faster", "slower"}]
    return sorted(sure, key=lambda one: -abs((one.ratio or 1.0) - 1))[:MOST_LINES]


def _top(changes: Sequence[Change], top: int | None) -> Sequence[Change]:
    return changes[:top] if top else changes


def _table(label: str, lines: Sequence[tuple[str, tuple[Cell, ...]]], notes: Notes) -> Table:
    used = notes.used([cell for _, cells in lines for cell in cells])
    return Table("", HEADS, tuple(lines), tuple(used), label, starred=False)


def _cells(one: Change, notes: Notes) -> tuple[Cell, ...]:
    ratio, ends = "–", ""
    if one.ratio is not None:
        ratio = units.significant(one.ratio)
        if one.low is not None and one.high is not None:
            ratio, low, high = units.ratios(one.ratio, one.low, one.high)
            ends = f"{low}–{high}"
        ratio = f"{ratio}x"
    note = notes.number(without_figures(one.reason)) if one.verdict == "unsure" else None
    return (
        Cell(_time(one.a_s)),
        Cell(_time(one.b_s)),
        Cell(ratio),
        Cell(ends),
        Cell(one.verdict, note=note, best=one.verdict in {"faster", "slower"}),
    )


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else units.duration(seconds)


def _remarks(compared: Compared, top: int | None) -> Iterator[str]:
    hidden = len(compared.changes) - len(_shown(compared.changes, top))
    if hidden:
        yield (
            f"{units.counted(hidden, 'case')} not shown, as their changes are smaller or not "
            "beyond doubt; --top 0 shows all"
        )
    for (side, why), those in grouped(compared.unmatched, lambda one: (one.side, one.why)).items():
        where = f"Only in {side}" if side else "Not compared"
        yield f"{where} ({why}): {_named([one.case for one in those])}"
    if compared.together:
        yield "A and B were measured side by side; ratios are paired"
        return
    for kind, anchor in compared.anchors.items():
        change = units.ratios(exp(anchor.value))[0]
        cases, targets = (
            units.counted(anchor.cases, "case"),
            units.counted(anchor.targets, "target"),
        )
        yield (
            f"Machine ({kind}): {cases} of {targets} with unchanged software took {change} times "
            "as long in B; ratios are what is left beside the other targets' change"
        )
    yield _spread(compared)


def _spread(compared: Compared) -> str:
    """Say what two runs are taken to differ by, and who has shown it."""
    share = units.percent(compared.spread)
    shown = units.counted(compared.luck_runs, "earlier run")
    known = f"as {shown} on this machine showed" if compared.luck_runs else "as is usual elsewhere"
    return (
        "A and B were not measured together: intervals allow for the luck between two runs, "
        f"{share} {known}"
    )

"""What `dlbench verify` found, for people and for programs; writing only."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from dlbench import units
from dlbench.arrays import Array
from dlbench.examples import EXAMPLES
from dlbench.grid import Cell, Grid, Notes
from dlbench.model import Target
from dlbench.networks import CATALOGUE
from dlbench.tables import to_rich
from dlbench.verification import Agreement, Finding, Worked, share

WRONG = "wrong"

# Quantities after a step of an optimizer have its name before this. Their tolerance is mostly where
# a framework may put epsilon: at its edge are those that put it elsewhere than the lecture.
OPTIMIZER = ": "

# So that three backends fit beside the lecture on a terminal of 80 columns.
DECIMALS, WIDEST = 4, 14
# Findings that the last line names; there may be hundreds.
MOST_NAMED = 4


@dataclass(frozen=True)
class Report:
    """All findings, the reasons why targets were skipped, and how long it took."""

    findings: Sequence[Finding]
    skipped: Sequence[str]
    seconds: float

    @property
    def held(self) -> bool:
        """Whether all of it holds."""
        return all(finding.held for finding in self.findings)

    @property
    def worked(self) -> list[Worked]:
        """The examples."""
        return [finding for finding in self.findings if isinstance(finding, Worked)]

    @property
    def agreements(self) -> list[Agreement]:
        """The networks."""
        return [finding for finding in self.findings if isinstance(finding, Agreement)]


def name(finding: Finding) -> str:
    """Such as `iris on torch compile`."""
    if isinstance(finding, Worked):
        return f"{finding.example} on {finding.backend}"
    return f"{finding.network} on {' '.join(_head(finding.target))}"


def show(report: Report, console: Console) -> None:
    """Both tables, what the lecture got wrong, what is wrong here, and the sum of it."""
    for table in (examples(report.worked), networks(report.agreements)):
        console.print(table.title, style="bold", highlight=False, markup=False)
        for page in to_rich(table, console.width):
            console.print(page)
        for note in table.notes:
            console.print(note, highlight=False, markup=False)
        console.print()
    for reason in report.skipped:
        console.print(f"Skipped: {reason}", highlight=False, markup=False)
    console.print(summary(report), style="bold", highlight=False, markup=False)


def summary(report: Report) -> str:
    """One sentence."""
    quantities = sum(len(one.checks) for one in report.agreements)
    asked = (
        f"{units.counted(len(report.worked), 'example')} and "
        f"{units.counted(quantities, 'quantity', 'quantities')} of networks"
    )
    took = f"in {units.duration(report.seconds)}"
    if report.held:
        return f"All hold: {asked}, {took}."
    wrong = [name(finding) for finding in report.findings if not finding.held]
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return f"Not all hold ({asked}, {took}): {', '.join(wrong[:MOST_NAMED])}{more}."


def examples(worked: Sequence[Worked]) -> Grid:
    """A line for every example: the lecture's figure, then every backend's."""
    notes = Notes()
    backends = list(dict.fromkeys(one.backend for one in worked))
    found = {(one.example, one.backend): one for one in worked}
    rows = []
    for key, example in EXAMPLES.items():
        slip = notes.number(f"the lecture: {example.slip}") if example.slip else None
        printed = _as_lines(example.printed) if example.printed else "formula only"
        cells = [Cell(printed, note=slip)]
        for backend in backends:
            one = found[key, backend]
            cells.append(_example_cell(one, notes))
        rows.append((example.about, tuple(cells)))
    heads = (("the lecture",), *((backend,) for backend in backends))
    title = "The lecture's worked examples, in float64"
    return Grid(title, heads, tuple(rows), tuple(notes.lines), label="example")


def _example_cell(one: Worked, notes: Notes) -> Cell:
    if one.values is None:
        return Cell(WRONG, note=notes.number(f"{name(one)}: {one.reason}"))
    if one.held:
        return Cell(written(one.values))
    right = " ".join(written(EXAMPLES[one.example].expected).split())
    return Cell(written(one.values), note=notes.number(f"{name(one)}: {WRONG}, {right} is right"))


def written(values: Array) -> str:
    """Four decimals; a line for every row of a matrix, and for every number of a long vector."""
    if values.ndim > 1:
        return "\n".join(map(written, values))
    numbers = [f"{round(value, DECIMALS) + 0.0:g}" for value in values.ravel().tolist()]
    line = " ".join(numbers)
    return line if len(line) <= WIDEST else "\n".join(numbers)


def _as_lines(printed: str) -> str:
    """A figure of the lecture in the same way."""
    return printed.replace("], [", "\n").replace(",", "").strip("[]")


def networks(agreements: Sequence[Agreement]) -> Grid:
    """A line for every network, a column for every target: how near to its tolerance it comes."""
    notes = Notes()
    targets = list(dict.fromkeys(one.target for one in agreements))
    names = sorted({one.network for one in agreements}, key=list(CATALOGUE).index)
    found = {(one.network, one.target): one for one in agreements}
    rows = [
        (network, tuple(_cell(found[network, target], notes) for target in targets))
        for network in names
    ]
    title = (
        "Largest error of outputs, loss and gradients, as a share of its tolerance; the weights "
        "after a step of every optimizer hold too, unless a note says otherwise"
    )
    heads = tuple(_head(target) for target in targets)
    return Grid(title, heads, tuple(rows), tuple(notes.lines), label="network")


def _head(target: Target) -> tuple[str, ...]:
    place = () if target.device == "cpu" else (target.device,)
    return (target.backend, target.mode, *place, target.dtype)


def _cell(one: Agreement, notes: Notes) -> Cell:
    if not one.checks:
        return Cell(WRONG, note=notes.number(f"{name(one)}: {one.reason}"))
    if one.held:
        passes = [check for check in one.checks if OPTIMIZER not in check.quantity]
        return Cell(units.percent(max(map(share, passes))))
    worst = one.worst
    error = "not a finite number" if worst.error is None else f"off by {worst.error:.2g}"
    broken = sum(not check.held for check in one.checks)
    told = (
        f"{name(one)}: {worst.quantity} is {error}, allowed is {worst.tolerance:.2g}; "
        f"{broken} of {len(one.checks)} quantities do not hold"
    )
    return Cell(WRONG, note=notes.number(told))


def to_json(report: Report) -> str:
    """Every example and every quantity with what was found and what is allowed."""
    data = {
        "held": report.held,
        "seconds": report.seconds,
        "examples": [_example_json(one) for one in report.worked],
        "networks": [line for one in report.agreements for line in _network_json(one)],
        "skipped": list(report.skipped),
    }
    return json.dumps(data, indent=1) + "\n"


def _example_json(one: Worked) -> dict[str, Any]:
    example = EXAMPLES[one.example]
    return {
        "example": one.example,
        "backend": one.backend,
        "values": None if one.values is None else one.values.tolist(),
        "expected": example.expected.tolist(),
        "within": example.within,
        "held": one.held,
        "reason": one.reason,
        "printed_in_lecture": example.printed,
        "slip_of_lecture": example.slip,
    }


def _network_json(one: Agreement) -> list[dict[str, Any]]:
    place = {"network": one.network, "target": one.target.id}
    if not one.checks:
        return [{**place, "quantity": None, "held": False, "reason": one.reason}]
    return [
        {
            **place,
            "quantity": check.quantity,
            "error": check.error,
            "tolerance": check.tolerance,
            "held": check.held,
        }
        for check in one.checks
    ]

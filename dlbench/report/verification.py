"""What `dlbench verify` found, for people and for programs; writing only."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from dlbench import units
from dlbench.analysis.labels import words
from dlbench.formats.tables import to_rich
from dlbench.networks.base import every
from dlbench.records.case import Target
from dlbench.records.measurement import ParityCheck
from dlbench.records.verification import Agreement, Finding, Numbers, Worked, worst
from dlbench.report.tables import STATUS_WORDS, Cell, Grid, Notes

if TYPE_CHECKING:
    from pandas import DataFrame

WRONG = "wrong"


# Quantities after a step of an optimizer have its name before this. Their tolerance is mostly where
# a framework may put epsilon: at its edge are those that put it elsewhere than the lecture. Among
# them, others would never be the worst.
OPTIMIZER = ": "


# What may be off by all of its own size cannot be told from 0, such as the gradient of a bias just
# before a batch normalisation: what the oracle has there is rounding; shares of it say nothing.
NO_MORE_THAN_ROUNDING = 1.0


# So that three backends fit beside the lecture on a terminal of 80 columns.
DECIMALS, WIDEST = 4, 14


# Findings that the last line names; there may be hundreds.
MOST_NAMED = 4


@dataclass(frozen=True)
class Verification:
    """All findings, why targets were never started, and how long it took.

    not_asked: backends and their modes that are verified only where they are named.
    """

    findings: Sequence[Finding]
    absent: Sequence[str]
    seconds: float
    not_asked: Sequence[tuple[str, str]] = ()

    @property
    def verified(self) -> list[Finding]:
        """All but what cannot be had here."""
        return [finding for finding in self.findings if not finding.skipped]

    @property
    def passed(self) -> bool:
        """Whether something could be verified, and all of that holds."""
        return bool(self.verified) and all(finding.passed for finding in self.verified)

    @property
    def skipped(self) -> list[str]:
        """What cannot be had on this machine, and why."""
        groups: dict[tuple[str, str | None], list[Finding]] = {}
        for finding in self.findings:
            if finding.skipped:
                groups.setdefault((_where(finding), finding.reason), []).append(finding)
        told = [f"{_together(same)}: {reason}" for (_, reason), same in groups.items()]
        return [*self.absent, *told]

    @property
    def worked(self) -> list[Worked]:
        """The examples."""
        return [finding for finding in self.findings if isinstance(finding, Worked)]

    @property
    def agreements(self) -> list[Agreement]:
        """The networks."""
        return [finding for finding in self.findings if isinstance(finding, Agreement)]

    def frame(self) -> "DataFrame":
        """One line per checked quantity, as a pandas data frame."""
        from dlbench.analysis import frames

        return frames.of_findings(self.findings)


def name(finding: Finding) -> str:
    """Such as `iris on torch compile`."""
    what = finding.example if isinstance(finding, Worked) else finding.network
    return f"{what} on {_where(finding)}"


def _where(finding: Finding) -> str:
    return finding.backend if isinstance(finding, Worked) else " ".join(_head(finding.target))


def _together(same: Sequence[Finding]) -> str:
    """Findings of one kind in one place: the name of a single one, the number of several."""
    if len(same) == 1:
        return name(same[0])
    noun = "example" if isinstance(same[0], Worked) else "network"
    return f"{units.counted(len(same), noun)} on {_where(same[0])}"


def show(report: Verification, console: Console) -> None:
    """Both tables, what the lecture got wrong, what is wrong here, and the sum of it."""
    for table in _tables(report):
        console.print(table.title, style="bold", highlight=False, markup=False)
        for page in to_rich(table, console.width):
            console.print(page)
        for note in table.notes:
            console.print(note, highlight=False, markup=False)
        console.print()
    for reason in report.skipped:
        console.print(f"Skipped: {reason}", highlight=False, markup=False)
    if report.not_asked:
        console.print(not_asked(report.not_asked), highlight=False, markup=False)
    console.print(summary(report), style="bold", highlight=False, markup=False)


def _tables(report: Verification) -> Iterator[Grid]:
    """Those that have a column."""
    if any(not one.skipped for one in report.worked):
        yield examples(report.worked)
    if any(not one.skipped for one in report.agreements):
        yield networks(report.agreements)


def not_asked(left_out: Sequence[tuple[str, str]]) -> str:
    """Which modes were left out, and the option that asks for them."""
    modes = ",".join(dict.fromkeys(mode for _, mode in left_out))
    return f"Not asked for: {', '.join(map(' '.join, left_out))} (--mode {modes})"


def summary(report: Verification) -> str:
    """One sentence."""
    took = f"in {units.duration(report.seconds)}"
    if not report.verified:
        return f"Nothing could be verified, {took}."
    worked = [one for one in report.worked if not one.skipped]
    quantities = sum(len(one.checks) for one in report.agreements)
    asked = (
        f"{units.counted(len(worked), 'example')} and "
        f"{units.counted(quantities, 'quantity', 'quantities')} of networks"
    )
    if report.passed:
        return f"All hold: {asked}, {took}."
    wrong = [name(finding) for finding in report.verified if not finding.passed]
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return f"Not all hold ({asked}, {took}): {', '.join(wrong[:MOST_NAMED])}{more}."


def examples(worked: Sequence[Worked]) -> Grid:
    """A line for every example: the lecture's figure, then every backend's."""
    notes = Notes()
    backends = list(dict.fromkeys(one.backend for one in worked if not one.skipped))
    found = {(one.example, one.backend): one for one in worked}
    rows = []
    for figure in dict.fromkeys(one.figure for one in worked):
        slip = notes.number(f"the lecture: {figure.slip}") if figure.slip else None
        printed = _as_lines(figure.printed) if figure.printed else "formula only"
        cells = [Cell(printed, note=slip)]
        cells += [_example_cell(found[figure.example, backend], notes) for backend in backends]
        rows.append((figure.about, tuple(cells)))
    heads = (("the lecture",), *((backend,) for backend in backends))
    title = "The lecture's worked examples, in float64"
    return Grid(title, heads, tuple(rows), tuple(notes.lines), label="example")


def _example_cell(one: Worked, notes: Notes) -> Cell:
    if one.values is None:
        return _without_numbers(one, notes)
    if one.passed:
        return Cell(written(one.values))
    right = " ".join(written(one.figure.expected).split())
    return Cell(written(one.values), note=notes.number(f"{name(one)}: {WRONG}, {right} is right"))


def _without_numbers(one: Finding, notes: Notes) -> Cell:
    """What the case came to; why it was skipped stands below all tables."""
    word = STATUS_WORDS.get(one.status, WRONG)
    return Cell(word, note=None if one.skipped else notes.number(f"{name(one)}: {one.reason}"))


def written(values: Numbers) -> str:
    """Four decimals; a line for every row of a matrix, and for every number of a long vector."""
    if isinstance(values, float):
        return f"{round(values, DECIMALS) + 0.0:g}"
    if values and isinstance(values[0], tuple):
        return "\n".join(map(written, values))
    numbers = list(map(written, values))
    line = " ".join(numbers)
    return line if len(line) <= WIDEST else "\n".join(numbers)


def _as_lines(printed: str) -> str:
    """A figure of the lecture in the same way."""
    return printed.replace("], [", "\n").replace(",", "").strip("[]")


def networks(agreements: Sequence[Agreement]) -> Grid:
    """A line for every network, a column for every target: the worst errors, their tolerances."""
    notes = Notes()
    targets = list(dict.fromkeys(one.target for one in agreements if not one.skipped))
    names = sorted({one.network for one in agreements}, key=list(every()).index)
    found = {(one.network, one.target): one for one in agreements}
    rows = [
        (network, tuple(_cell(found[network, target], notes) for target in targets))
        for network in names
    ]
    title = (
        "Worst error/its tolerance, as shares of the quantity's largest magnitude: of outputs, "
        "loss and gradients; below, of the weights after a step of every optimizer"
    )
    heads = tuple(_head(target) for target in targets)
    below = (*notes.lines, *_not_shown(agreements))
    return Grid(title, heads, tuple(rows), below, label="network")


def _not_shown(agreements: Sequence[Agreement]) -> list[str]:
    names = [one.network for one in agreements if not all(map(_telling, one.checks))]
    told = "what is 0 but for rounding and may be off by more than its size; --format json has all"
    return [f"Not shown of {', '.join(dict.fromkeys(names))}: {told}"] if names else []


def _telling(check: ParityCheck) -> bool:
    return check.tolerance < NO_MORE_THAN_ROUNDING


def _head(target: Target) -> tuple[str, ...]:
    device = () if target.device == "cpu" else ("device",)
    return words(target, ("backend", "mode", *device, "dtype"))


def _cell(one: Agreement, notes: Notes) -> Cell:
    if not one.checks:
        return _without_numbers(one, notes)
    if one.passed:
        passes = [check for check in one.checks if OPTIMIZER not in check.quantity]
        weights = [check for check in one.checks if OPTIMIZER in check.quantity]
        return Cell(_closest(passes), below=_closest(weights))
    off = one.worst
    error = "not a finite number" if off.error is None else f"off by {off.error:.2g}"
    broken = sum(not check.passed for check in one.checks)
    told = (
        f"{name(one)}: {off.quantity} is {error}, allowed is {off.tolerance:.2g}; "
        f"{broken} of {len(one.checks)} quantities do not hold"
    )
    return Cell(WRONG, note=notes.number(told))


def _closest(checks: Sequence[ParityCheck]) -> str:
    """Error and tolerance of the worst of some that hold: `3.1e-8/2.5e-6`."""
    telling = list(filter(_telling, checks))
    if not telling:
        return "–" if checks else ""
    closest = worst(telling)
    return f"{_short(closest.error or 0.0)}/{_short(closest.tolerance)}"


def _short(value: float) -> str:
    """Two digits and a power of ten without a leading zero: columns are narrow."""
    return f"{value:.1e}".replace("e-0", "e-") if value else "0"


def to_json(report: Verification) -> str:
    """Every example and every quantity with what was found and what is allowed."""
    data = {
        "held": report.passed,
        "seconds": report.seconds,
        "examples": [_example_json(one) for one in report.worked],
        "networks": [line for one in report.agreements for line in _network_json(one)],
        "skipped": report.skipped,
        "not_asked": [{"backend": backend, "mode": mode} for backend, mode in report.not_asked],
    }
    return json.dumps(data, indent=1) + "\n"


def _example_json(one: Worked) -> dict[str, Any]:
    figure = one.figure
    return {
        "example": one.example,
        "backend": one.backend,
        "values": one.values,
        "expected": figure.expected,
        "within": figure.within,
        "status": one.status,
        "held": one.passed,
        "reason": one.reason,
        "printed_in_lecture": figure.printed,
        "slip_of_lecture": figure.slip,
    }


def _network_json(one: Agreement) -> list[dict[str, Any]]:
    place = {"network": one.network, "target": one.target.id, "status": one.status}
    if not one.checks:
        return [{**place, "quantity": None, "held": False, "reason": one.reason}]
    return [
        {
            **place,
            "quantity": check.quantity,
            "error": check.error,
            "tolerance": check.tolerance,
            "held": check.passed,
        }
        for check in one.checks
    ]

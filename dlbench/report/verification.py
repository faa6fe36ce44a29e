"""Write the findings of a verification: tables and sentences for a terminal, or JSON."""

import json
from collections.abc import Iterator, Sequence

from rich.console import Console

from dlbench import units
from dlbench.analysis.verification import Verification, name, target_words
from dlbench.formats.base import Cell, Notes, Table
from dlbench.formats.terminal import to_rich
from dlbench.networks.base import every
from dlbench.records.measurement import ParityCheck
from dlbench.records.verification import Agreement, Finding, Numbers, Worked, worst
from dlbench.report.tables import STATUS_WORDS

WRONG = "wrong"


# Separates an optimizer's name from the quantity after its step. These have a line of their own,
# since they come closer to their tolerance than others: it allows for the place of epsilon, which
# some frameworks put elsewhere than the lecture.
OPTIMIZER = ": "


# A quantity whose relative tolerance is not below this cannot be distinguished from 0. Example: the
# gradient of a bias before a batch normalisation, of which the reference holds only rounding.
NO_MORE_THAN_ROUNDING = 1.0


# What the cells of networks mean.
LEGEND = (
    "1e-8/3e-6: the result nearest to its limit differs by 1e-8 of its size, and 3e-6 is allowed",
    "First line: outputs, loss and gradients; second: weights after one step of each optimizer",
)


# Digits and width of numbers that let three backends fit beside the lecture in 80 columns.
DECIMALS, WIDEST = 4, 14


# The last line names at most this many findings, of which there may be hundreds.
MOST_NAMED = 4


def show(verification: Verification, console: Console) -> None:
    """Print the tables with their notes, what was skipped, and a summary."""
    for table in _tables(verification):
        console.print(table.title, style="bold", highlight=False, markup=False)
        for page in to_rich(table, console.width):
            console.print(page)
        for note in table.notes:
            console.print(note, highlight=False, markup=False)
        console.print()
    for reason in verification.skipped:
        console.print(f"Skipped: {reason}", highlight=False, markup=False)
    if verification.not_asked:
        console.print(say_not_asked(verification.not_asked), highlight=False, markup=False)
    console.print(summarise(verification), style="bold", highlight=False, markup=False)


def _tables(verification: Verification) -> Iterator[Table]:
    """Lay out the tables that have at least one column."""
    if any(not one.skipped for one in verification.worked):
        yield examples(verification.worked)
    if any(not one.skipped for one in verification.agreements):
        yield networks(verification.agreements)


def say_not_asked(left_out: Sequence[tuple[str, str]]) -> str:
    """Name the modes that were left out, and the option that adds them."""
    modes = ",".join(dict.fromkeys(mode for _, mode in left_out))
    return f"Left out as slow: {', '.join(map(' '.join, left_out))} (--mode {modes})"


def summarise(verification: Verification) -> str:
    """Say in one sentence whether all results were correct."""
    took = units.duration(verification.seconds)
    if not verification.verified:
        return f"Nothing could be verified ({took})."
    worked = [one for one in verification.worked if not one.skipped]
    quantities = sum(len(one.checks) for one in verification.agreements)
    checked = (
        f"{units.counted(len(worked), 'lecture example')} and "
        f"{units.counted(quantities, 'network result')} ({took})"
    )
    if verification.passed:
        return f"All correct: {checked}."
    wrong = [name(finding) for finding in verification.wrong]
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return f"Wrong: {', '.join(wrong[:MOST_NAMED])}{more}. Checked: {checked}."


def examples(worked: Sequence[Worked]) -> Table:
    """Lay out a line per example: the lecture's figure, then that of every backend."""
    notes = Notes()
    backends = list(dict.fromkeys(one.backend for one in worked if not one.skipped))
    by_example = {(one.example, one.backend): one for one in worked}
    rows = []
    for figure in dict.fromkeys(one.figure for one in worked):
        slip = notes.number(f"Slip in the lecture: {figure.slip}") if figure.slip else None
        printed = _as_lines(figure.printed) if figure.printed else "formula only"
        cells = [Cell(printed, note=slip)]
        cells += [_example_cell(by_example[figure.example, backend], notes) for backend in backends]
        rows.append((figure.about, tuple(cells)))
    heads = (("lecture",), *((backend,) for backend in backends))
    title = "The lecture's worked examples, in float64"
    return Table(title, heads, tuple(rows), tuple(notes.lines), label="example")


def _example_cell(one: Worked, notes: Notes) -> Cell:
    if one.values is None:
        return _without_numbers(one, notes)
    if one.passed:
        return Cell(write_numbers(one.values))
    expected = " ".join(write_numbers(one.figure.expected).split())
    note = notes.number(f"{name(one)}: {WRONG}, expected {expected}")
    return Cell(write_numbers(one.values), note=note)


def _without_numbers(one: Finding, notes: Notes) -> Cell:
    """Say in a word why there is no number; reasons of skipped ones stand below all tables."""
    word = STATUS_WORDS.get(one.status, WRONG)
    return Cell(word, note=None if one.skipped else notes.number(f"{name(one)}: {one.reason}"))


def write_numbers(values: Numbers) -> str:
    """Write numbers with four decimals: a line per row of a matrix or number of a long vector."""
    if isinstance(values, float):
        return f"{round(values, DECIMALS) + 0.0:g}"
    if values and isinstance(values[0], tuple):
        return "\n".join(map(write_numbers, values))
    numbers = list(map(write_numbers, values))
    line = " ".join(numbers)
    return line if len(line) <= WIDEST else "\n".join(numbers)


def _as_lines(printed: str) -> str:
    """Write a figure of the lecture in the same way."""
    return printed.replace("], [", "\n").replace(",", "").strip("[]")


def networks(agreements: Sequence[Agreement]) -> Table:
    """Lay out a line per network and a column per target: errors and tolerances."""
    notes = Notes()
    targets = list(dict.fromkeys(one.target for one in agreements if not one.skipped))
    names = sorted({one.network for one in agreements}, key=list(every()).index)
    by_target = {(one.network, one.target): one for one in agreements}
    rows = [
        (network, tuple(_cell(by_target[network, target], notes) for target in targets))
        for network in names
    ]
    title = "Networks against the float64 reference: difference/allowed difference"
    heads = tuple(target_words(target) for target in targets)
    below = (*notes.lines, *_not_shown(agreements), *LEGEND)
    return Table(title, heads, tuple(rows), below, label="network")


def _not_shown(agreements: Sequence[Agreement]) -> list[str]:
    names = [one.network for one in agreements if not all(map(_is_shown, one.checks))]
    why = "results that are 0 except for rounding; --format json has all"
    return [f"Not shown for {', '.join(dict.fromkeys(names))}: {why}"] if names else []


def _is_shown(check: ParityCheck) -> bool:
    return check.tolerance < NO_MORE_THAN_ROUNDING


def _cell(one: Agreement, notes: Notes) -> Cell:
    if not one.checks:
        return _without_numbers(one, notes)
    if one.passed:
        passes = [check for check in one.checks if OPTIMIZER not in check.quantity]
        weights = [check for check in one.checks if OPTIMIZER in check.quantity]
        return Cell(_closest(passes), below=_closest(weights))
    worst_check = one.worst
    error = worst_check.error
    size = "not a finite number" if error is None else f"off by {error:.2g}"
    wrong = sum(not check.passed for check in one.checks)
    note = (
        f"{name(one)}: {worst_check.quantity} is {size} (allowed {worst_check.tolerance:.2g}); "
        f"{wrong} of {len(one.checks)} results are wrong"
    )
    return Cell(WRONG, note=notes.number(note))


def _closest(checks: Sequence[ParityCheck]) -> str:
    """Error and tolerance of the check nearest to its tolerance, such as `3.1e-8/2.5e-6`."""
    shown = list(filter(_is_shown, checks))
    if not shown:
        return "–" if checks else ""
    closest = worst(shown)
    return f"{_short(closest.error or 0.0)}/{_short(closest.tolerance)}"


def _short(value: float) -> str:
    """Write two digits and the exponent without a leading zero, because columns are narrow."""
    return f"{value:.1e}".replace("e-0", "e-") if value else "0"


def to_json(verification: Verification) -> str:
    """Write every example and every quantity with its result and its tolerance as JSON."""
    return json.dumps(verification.as_data(), indent=1) + "\n"

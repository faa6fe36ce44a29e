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
from dlbench.report.absent import STATUS_WORDS

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
    if any(not worked.skipped for worked in verification.worked):
        yield examples(verification.worked)
    if any(not agreement.skipped for agreement in verification.agreements):
        yield networks(verification.agreements)


def say_not_asked(left_out: Sequence[tuple[str, str]]) -> str:
    """Name the modes that were left out, and the option that adds them."""
    modes = ",".join(dict.fromkeys(mode for _, mode in left_out))
    return f"Left out unless asked for: {', '.join(map(' '.join, left_out))} (--mode {modes})"


def summarise(verification: Verification) -> str:
    """Say in one sentence whether all results were correct."""
    took = units.duration(verification.seconds)
    if not verification.verified:
        return f"Nothing could be verified ({took})."
    examples = [worked for worked in verification.worked if not worked.skipped]
    quantities = sum(len(agreement.checks) for agreement in verification.agreements)
    checked = (
        f"{units.counted(len(examples), 'lecture example')} and "
        f"{units.counted(quantities, 'network result')} ({took})"
    )
    if verification.passed:
        return f"All correct: {checked}."
    wrong = [name(finding) for finding in verification.wrong]
    more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
    return f"Wrong: {', '.join(wrong[:MOST_NAMED])}{more}. Checked: {checked}."


def examples(answers: Sequence[Worked]) -> Table:
    """Lay out a line per example: the lecture's figure, then that of every backend."""
    notes = Notes()
    backends = list(dict.fromkeys(worked.backend for worked in answers if not worked.skipped))
    by_example = {(worked.example, worked.backend): worked for worked in answers}
    rows = []
    for figure in dict.fromkeys(worked.figure for worked in answers):
        slip = notes.number(f"Slip in the lecture: {figure.slip}") if figure.slip else None
        printed = _as_lines(figure.printed) if figure.printed else "formula only"
        cells = [Cell(printed, note=slip)]
        cells += [_example_cell(by_example[figure.example, backend], notes) for backend in backends]
        rows.append((figure.about, tuple(cells)))
    heads = (("lecture",), *((backend,) for backend in backends))
    title = "The lecture's worked examples, in float64"
    return Table(title, heads, tuple(rows), tuple(notes.lines), label="example")


def _example_cell(worked: Worked, notes: Notes) -> Cell:
    if worked.values is None:
        return _without_numbers(worked, notes)
    if worked.passed:
        return Cell(write_numbers(worked.values))
    expected = " ".join(write_numbers(worked.figure.expected).split())
    note = notes.number(f"{name(worked)}: {WRONG}, expected {expected}")
    return Cell(write_numbers(worked.values), note=note)


def _without_numbers(finding: Finding, notes: Notes) -> Cell:
    """Say in a word why there is no number; reasons of skipped ones stand below all tables."""
    word = STATUS_WORDS.get(finding.status, WRONG)
    if finding.skipped:
        return Cell(word)
    return Cell(word, note=notes.number(f"{name(finding)}: {finding.reason}"))


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
    targets = list(
        dict.fromkeys(agreement.target for agreement in agreements if not agreement.skipped)
    )
    names = sorted({agreement.network for agreement in agreements}, key=list(every()).index)
    by_target = {(agreement.network, agreement.target): agreement for agreement in agreements}
    rows = [
        (network, tuple(_cell(by_target[network, target], notes) for target in targets))
        for network in names
    ]
    title = "Networks against the float64 reference: difference/allowed difference"
    heads = tuple(target_words(target) for target in targets)
    below = (*notes.lines, *_not_shown(agreements), *LEGEND)
    return Table(title, heads, tuple(rows), below, label="network")


def _not_shown(agreements: Sequence[Agreement]) -> list[str]:
    names = [
        agreement.network for agreement in agreements if not all(map(_is_shown, agreement.checks))
    ]
    why = "results that are 0 except for rounding; --format json has all"
    return [f"Not shown for {', '.join(dict.fromkeys(names))}: {why}"] if names else []


def _is_shown(check: ParityCheck) -> bool:
    return check.tolerance < NO_MORE_THAN_ROUNDING


def _cell(agreement: Agreement, notes: Notes) -> Cell:
    if not agreement.checks:
        return _without_numbers(agreement, notes)
    if agreement.passed:
        passes = [check for check in agreement.checks if OPTIMIZER not in check.quantity]
        weights = [check for check in agreement.checks if OPTIMIZER in check.quantity]
        return Cell(_closest(passes), below=_closest(weights))
    check = agreement.worst
    size = "not a finite number" if check.error is None else f"off by {check.error:.2g}"
    wrong = sum(not each.passed for each in agreement.checks)
    note = (
        f"{name(agreement)}: {check.quantity} is {size} (allowed {check.tolerance:.2g}); "
        f"{wrong} of {len(agreement.checks)} results are wrong"
    )
    return Cell(WRONG, note=notes.number(note))


def _closest(checks: Sequence[ParityCheck]) -> str:
    """Write error and tolerance of the check nearest to its tolerance, as `3.1e-8/2.5e-6`."""
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

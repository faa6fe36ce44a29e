"""Write the findings of a checkup: a line per check and what to do on a terminal, or JSON."""

import textwrap
from collections.abc import Iterator, Sequence

import msgspec
from rich.console import Console
from rich.text import Text

from dlbench import units
from dlbench.grouping import grouped
from dlbench.records.machine.checkup import Checkup, Finding, State

STYLES: dict[State, str] = {
    "good": "green",
    "notice": "yellow",
    "bad": "bold red",
    "unknown": "cyan",
}

GAP = "  "

# Begins what to do.
DO = f"{GAP}> "

# A pipe or a file has no width: there every check has one line. On a terminal, a column of text
# that is narrower than this cannot be read.
ENDLESS, LEAST_WIDTH = 10**6, 40

TITLE = "What it means, and what to do"


def to_json(checkup: Checkup) -> str:
    """Write the checkup as JSON."""
    return msgspec.json.format(msgspec.json.encode(checkup), indent=1).decode() + "\n"


def show(checkup: Checkup, console: Console) -> None:
    """Print a line per check, what those that are not good mean, and a summary."""
    width = console.width if console.is_terminal else ENDLESS
    serious = [one for one in checkup.findings if one.state != "good"]
    alike = grouped(serious, lambda one: (one.meaning, one.advice))
    parts = [
        Text(_folded(checkup.machine, width), style="dim"),
        Text(),
        *_lines(checkup, width),
        *([Text(f"\n{TITLE}", style="bold")] if alike else []),
        *(Text(_advised(those, *said, width)) for said, those in alike.items()),
        Text(),
        *(Text(_folded(line, width), style="dim") for line in _left_out(checkup)),
        Text(_folded(summarise(checkup), width), style="bold"),
    ]
    for part in parts:
        console.print(part, soft_wrap=True)


def _lines(checkup: Checkup, width: int) -> Iterator[Text]:
    """Yield state, name and fact of every finding, in columns."""
    states = max(map(len, STYLES))
    names = max((len(one.check) for one in checkup.findings), default=0)
    for one in checkup.findings:
        head = f"{one.state.ljust(states)}{GAP}{one.check.ljust(names)}{GAP}"
        line = Text(_folded(one.seen, width, head, " " * len(head)))
        line.stylize(STYLES[one.state], 0, len(one.state))
        yield line


def _advised(those: Sequence[Finding], meaning: str, advice: str, width: int) -> str:
    """Say what equal findings mean, and what to do about them."""
    names = ", ".join(one.check for one in those)
    said = _folded(f"{names}: {meaning}", width, later=GAP)
    return f"{said}\n{_folded(advice, width, DO, ' ' * len(DO))}"


def _folded(text: str, width: int, first: str = "", later: str = "") -> str:
    """Fold a text to the width, after `first`; later lines begin with `later`."""
    lines = textwrap.wrap(
        _printable(text),
        max(width, LEAST_WIDTH),
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Return a text without what could steer a terminal: names come from other programs."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _left_out(checkup: Checkup) -> Iterator[str]:
    """Say what was not checked, with the reason."""
    for why, those in grouped(checkup.left_out.items(), lambda one: one[1]).items():
        yield f"Not checked: {', '.join(name for name, _ in those)} ({_printable(why)})"


def summarise(checkup: Checkup) -> str:
    """Say in a sentence whether the machine is fit."""
    by_state = grouped(checkup.findings, lambda one: one.state)
    counts = ", ".join(f"{len(by_state[state])} {state}" for state in STYLES if state in by_state)
    checks = units.counted(len(checkup.findings), "check")
    if checkup.fit:
        return f"Fit to measure, as far as can be seen ({checks}: {counts})."
    bad = ", ".join(one.check for one in by_state["bad"])
    return f"Not fit to measure: {bad} ({checks}: {counts})."

"""A crossover on a terminal, in Markdown and in JSON."""

import msgspec
from rich.console import Console

from dlbench import units
from dlbench.answers.crossing import Place
from dlbench.formats.base import Cell, Table
from dlbench.formats.markdown import escaped, of_table
from dlbench.formats.terminal import to_rich
from dlbench.report.crossing.sentences import LEGEND, answer, costs
from dlbench.report.crossing.subject import Subject
from dlbench.report.document import source

FORMATS = ("table", "md", "json")

UNSURE, MISSING = "unsure", "–"


def write(subject: Subject, console: Console, form: str) -> str:
    """Return the crossover in a format."""
    if form == "json":
        return _json(subject)
    return _markdown(subject) if form == "md" else _text(subject, console)


def title(subject: Subject) -> str:
    """Return what was compared, in one line."""
    left, right = subject.names
    return f"{subject.workload} by {subject.axis}: {left} against {right}"


def table(subject: Subject) -> Table:
    """Return a line for every value that was measured."""
    left, right = subject.names
    return Table(
        title="",
        heads=((left,), (right,), (f"{right} /", left), ("95 %", "interval"), ("faster",)),
        rows=tuple((f"{one.value:,}", _cells(subject, one)) for one in subject.comparison.places),
        notes=(),
        label=subject.axis,
        starred=False,
    )


def _cells(subject: Subject, place: Place) -> tuple[Cell, ...]:
    faster = UNSURE if place.faster is None else subject.name(place.faster)
    known = place.ratio is not None
    return (
        Cell(_time(place.left_s), best=place.faster == "left"),
        Cell(_time(place.right_s), best=place.faster == "right"),
        *_ratio(place),
        Cell(faster if known else MISSING),
    )


def _time(seconds: float | None) -> str:
    return MISSING if seconds is None else units.duration(seconds)


def _ratio(place: Place) -> tuple[Cell, Cell]:
    if place.ratio is None:
        return Cell(MISSING), Cell(MISSING)
    if place.low is None or place.high is None:
        return Cell(f"{units.ratios(place.ratio)[0]}x"), Cell(MISSING)
    ratio, *ends = units.ratios(place.ratio, place.low, place.high)
    return Cell(f"{ratio}x"), Cell("–".join(ends))


def _text(subject: Subject, console: Console) -> str:
    whole = not console.is_terminal

    def say(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=whole)

    with console.capture() as captured:
        for warning in subject.warnings:
            say(f"Warning: {warning}", "yellow")
        say(source(subject.run), "dim")
        say(title(subject))
        say(subject.setting, "dim")
        say("")
        say(answer(subject), "bold")
        if subject.comparison.change is not None:
            say(LEGEND, "dim")
        say("")
        console.print(*to_rich(table(subject), console.width), sep="")
        say("")
        for line in costs(subject):
            say(line)
        for note in subject.notes:
            say(note, "dim")
    text = captured.get()
    return text if console.is_terminal else "\n".join(map(str.rstrip, text.split("\n")))


def _markdown(subject: Subject) -> str:
    remarks = [*costs(subject), *subject.notes]
    parts = [
        *(f"> **Warning:** {escaped(warning)}\n" for warning in subject.warnings),
        f"{escaped(title(subject))} ({escaped(subject.setting)})\n",
        f"**{escaped(answer(subject))}**\n",
        of_table(table(subject)),
        "".join(f"- {escaped(line)}\n" for line in remarks),
    ]
    return "\n".join(filter(None, parts))


def _json(subject: Subject) -> str:
    """Return an object with `run` (without the plan's cases), `crossover`, `answer`, `warnings`."""
    run = msgspec.to_builtins(subject.run)
    del run["plan"]["groups"]
    content = {
        "run": run,
        "crossover": subject.comparison,
        "answer": answer(subject),
        "warnings": subject.warnings,
    }
    return f"{msgspec.json.format(msgspec.json.encode(content)).decode()}\n"

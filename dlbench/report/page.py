"""The report of a run: one self-contained page, and the same as Markdown with pictures and CSV.

Whatever comes from results is text that nobody vouches for: the template engine escapes it, so
that no template has to remember. It must not know how anything is measured or drawn.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from dlbench import registry, units
from dlbench.analysis.labels import one_line
from dlbench.analysis.rows import Row, timed_rows
from dlbench.analysis.run import ComparedRows, RunAnalysis
from dlbench.answers.answer import answers_of
from dlbench.answers.sentences import sentences
from dlbench.charts import base
from dlbench.formats import csv, html, markdown
from dlbench.formats.base import Notes, Table
from dlbench.grouping import grouped
from dlbench.records.measurement import Measurement, ParityCheck, StopReason
from dlbench.records.run import Run
from dlbench.records.settings import in_words
from dlbench.report import notes, place
from dlbench.report.absent import STATUS_WORDS, synthetic_networks
from dlbench.report.answers import tables as answer_tables
from dlbench.report.machine import cards, cnn, cnn_chart, reach
from dlbench.report.machine.cores import limited_by
from dlbench.report.metrics import FORMS, SPARSE, rows_with
from dlbench.report.ranking import rankings, setting
from dlbench.report.sentences import advice
from dlbench.report.tables import lay_out, split_by_loop
from dlbench.report.view import View
from dlbench.results.folder import Results

# Why a case has fewer samples than its limit, other than that they were enough.
EARLY: dict[StopReason, str] = {
    "plateau": "stopped before the precision wanted: more samples no longer improved it",
    "budget": "reached the time limit before the precision wanted; --rigor standard takes longer",
    "interrupted": "incomplete: the run was interrupted",
    "decided": "ended early, far from all others of their row",
}


ERROR_DIGITS = 2


def write(results: Results, folder: Path, *, force: bool = False) -> list[Path]:
    """Write the report into the folder; the files written, the page first.

    Charts of an earlier report in the folder, which this one does not have, are removed. force:
    write over files that are not of an earlier report; without it, they are a UsageError.
    """
    place.check(folder, force=force)
    analysis = RunAnalysis(results)
    reading, answered = analysis.against(), answers_of(analysis)
    rows = reading.rows
    pictures = base.pictures(rows)
    content = _content(results, reading)
    drawn = [*pictures, *filter(None, [content["reach"]["picture"]])]
    content |= {
        "pictures": pictures,
        "headlines": [one.text for one in sentences(rows, answered)] + advice(rows),
        "answers": answer_tables(rows, answered),
    }
    files: dict[str, str | bytes] = {
        "index.html": _rendered("index.html.j2", content),
        "report.md": _rendered("report.md.j2", content),
        "table.csv": csv.of_rows(rows),
        **{_chart(picture.name): picture.png for picture in drawn},
    }
    charts = (*registry.names("charts"), cnn_chart.NAME)
    stale = {_chart(name) for name in charts} - files.keys()
    with place.complaining(folder):
        written = [place.save(folder, name, data) for name, data in files.items()]
        for name in stale:
            place.inside(folder, name).unlink(missing_ok=True)
    return written


def _chart(name: str) -> str:
    """The file of a chart in the report's folder."""
    return f"charts/{name}.png"


def _content(results: Results, reading: ComparedRows) -> dict[str, Any]:
    """The content of the report, without its form."""
    rows = reading.rows
    return {
        "run": results.run,
        "warnings": [
            *results.warnings,
            *notes.seam_warnings(results),
            *notes.warnings(results.run, reading, cards.not_by_cpu(results.measurements)),
            *cards.warnings(results.measurements, reading.rows),
        ],
        "total": len(rows),
        "measured": sum(row.status == "ok" for row in rows),
        "counts": Counter(_word(row.status) for row in rows if row.status != "ok"),
        "rankings": rankings(rows, View(top=0)) if timed_rows(rows) else [],
        "setting": setting(rows),
        "tables": _tables(rows),
        "footer": [
            *notes.lines(results.run, reading),
            *notes.roof_lines(rows),
            *notes.seam_lines(results),
        ],
        "fates": _fates(rows),
        "early": _early(rows),
        "synthetic": synthetic_networks(rows),
        "parity": _parity(results.measurements),
        "reach": _reach(results.run),
        "settings": _settings(results.run),
        "facts": _facts(results.run),
    }


def _early(rows: Sequence[Row]) -> list[str]:
    """Say how many cases ended before the requested precision, and why."""
    counts = Counter(row.blocks.stop_reason for row in rows if row.status == "ok")
    return [
        f"{units.counted(counts[reason], 'case')} {what}"
        for reason, what in EARLY.items()
        if counts[reason]
    ]


def _word(status: str) -> str:
    return STATUS_WORDS.get(status, status)


def _tables(rows: Sequence[Row]) -> list[Table]:
    """A table per metric, of the kinds of workload that have it."""
    timed, numbered = timed_rows(rows), Notes()
    kinds = {
        metric: {row.workload.kind for row in timed if form.value(row)}
        for metric, form in FORMS.items()
    }
    return [
        lay_out(part, metric, numbered)
        for metric, those in kinds.items()
        for part in split_by_loop(
            rows_with(rows, metric)
            if metric in SPARSE
            else [row for row in rows if row.workload.kind in those]
        )
    ]


def _fates(rows: Sequence[Row]) -> dict[tuple[str, str], list[str]]:
    """The cases that were not measured, by what happened and why."""
    failed = [row for row in rows if row.status != "ok"]
    groups = grouped(failed, lambda row: (_word(row.status), row.reason or "–"))
    return {fate: [row.case for row in those] for fate, those in groups.items()}


class _Parity(NamedTuple):
    """The checks of all cases of a status; worst: nearest to its tolerance, or furthest over it."""

    status: str
    cases: int
    checks: int
    worst: ParityCheck
    case: str


def _parity(measurements: Sequence[Measurement]) -> list[_Parity]:
    checked: dict[str, list[tuple[ParityCheck, str]]] = {}
    for measurement in measurements:
        pairs = [(check, measurement.case) for check in measurement.parity]
        checked.setdefault(_word(measurement.status), []).extend(pairs)
    return [
        _Parity(status, len({case for _, case in pairs}), len(pairs), *_worst(pairs))
        for status, pairs in checked.items()
        if pairs
    ]


def _worst(pairs: Sequence[tuple[ParityCheck, str]]) -> tuple[ParityCheck, str]:
    return max(pairs, key=lambda pair: pair[0].share)


def _reach(run: Run) -> dict[str, Any]:
    """The tables of what was measured of the machine before the run, with notes, and the chart."""
    if run.roofs is None:
        return {"tables": [], "notes": [], "picture": None, "measured": ""}
    return {
        "tables": [*reach.tables_of(run.roofs), cnn.table(run.roofs.ceilings)],
        "notes": [
            reach.CEILING_NOTE,
            reach.BANDWIDTH_NOTE,
            *([reach.TRANSFER_NOTE] if run.roofs.transfers else []),
            *reach.doubts(run.roofs),
            reach.FLOOR_NOTE,
            cnn.NOTE,
        ],
        "picture": cnn_chart.picture(run.roofs.ceilings),
        "measured": run.roofs.measured,
    }


def _settings(run: Run) -> list[tuple[str, ...]]:
    """Return backend, name, default, present value, reason and option of each changed setting."""
    return [
        (backend, one.name, in_words(one.default), in_words(one.ours), one.why, one.option or "–")
        for backend, departures in run.settings.items()
        for one in departures
    ]


def _facts(run: Run) -> list[tuple[str, str]]:
    """The machine, the software and the rules of sampling, as names and texts."""
    machine, sampling = run.environment, run.plan.sampling
    memory = machine.memory_bytes
    return [
        ("processor", machine.cpu or "unknown"),
        ("cores", f"{machine.usable_cores} usable of {machine.cores}{limited_by(machine)}"),
        ("memory", units.size(memory) if memory else "unknown"),
        ("GPU", ", ".join(machine.gpus) or "none"),
        *cards.facts(machine),
        ("system", machine.system),
        ("Python", machine.python),
        *sorted(machine.versions.items()),
        ("dlbench", run.dlbench),
        *sorted(machine.variables.items()),
        ("seed", str(run.plan.seed)),
        ("rigor", sampling.rigor),
        ("repetitions in fresh processes", str(sampling.generations)),
        *([("restarts per repetition", f"up to {sampling.renewals}")] if sampling.renewals else []),
        ("samples per case and repetition", f"up to {sampling.blocks}"),
        ("length of a sample", f"about {units.duration(sampling.block_s)}"),
    ]


def _rendered(name: str, content: dict[str, Any]) -> str:
    is_page = ".html" in name
    engine = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        finalize=_line if is_page else _markdown,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {"verbatim": _verbatim, "error": _error, "html": _html, "pipes": _pipes}
    return engine.get_template(name).render(content)


def _error(value: float | None) -> str:
    return "not a number" if value is None else units.significant(value, ERROR_DIGITS)


def _line(value: object) -> object:
    """Return a text of a template as one line, and other values unchanged."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return one_line(str(value)) if plain else value


def _html(table: Table) -> Markup:
    """A table that is escaped already."""
    return Markup(html.of_table(table))  # noqa: S704


def _pipes(table: Table) -> Markup:
    """The same in Markdown."""
    return Markup(markdown.pipes(table).rstrip("\n"))  # noqa: S704


def _verbatim(text: str) -> Markup:
    """A line for a code block of Markdown, in which there are neither marks nor HTML."""
    return Markup(_line(text))  # noqa: S704


def _markdown(value: object) -> object:
    """The same, with neither marks nor HTML for Markdown to find."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    return markdown.escaped(str(value)) if plain else value

"""Put a run into a document: its tables and what is said of it, for every format alike."""

from collections.abc import Sequence

from dlbench import units
from dlbench.analysis.rows import Row
from dlbench.analysis.run import ComparedRows, RunAnalysis
from dlbench.answers.answer import answers_of
from dlbench.answers.sentences import sentences
from dlbench.errors import UsageError
from dlbench.formats.base import Document, Notes, Table
from dlbench.own import proof
from dlbench.records.run import Environment, Run
from dlbench.records.training import TrainingRun
from dlbench.report import notes
from dlbench.report.answers import tables as answer_tables
from dlbench.report.machine import cards
from dlbench.report.machine.cores import usable
from dlbench.report.metrics import SPARSE, Metric, measured, rows_with
from dlbench.report.ranking import rankings, setting
from dlbench.report.sentences import advice, paid_once
from dlbench.report.tables import last_note, lay_out, ratios, split_by_loop
from dlbench.report.view import DEFAULT, View
from dlbench.results.folder import Results

ALONE = "Only the baseline was measured: there is nothing to compare"
ABSENT = "The baseline was not measured: there is nothing to compare with"


def default_metrics(rows: Sequence[Row]) -> tuple[Metric, ...]:
    """Return the metrics that have a table each by default, where targets are columns.

    Roof and overhead are shown where they are known. For compiled modes it is when they pay off,
    or what compiling costs where no eager mode was measured.
    """
    has_products = any(row.workload.work.samples is None for row in rows)
    compiling: Metric = "break-even" if rows_with(rows, "break-even") else "compile"
    return "time", *(("gflops",) if has_products else ()), "roof", "overhead", compiling


def document_of(results: Results, view: View = DEFAULT) -> Document:
    """Lay out a run, compared with the fastest target or with a baseline."""
    against = view.against
    known = RunAnalysis(results, against.margin)
    reading = known.against(against.baseline)
    # stars always come from the comparison with the fastest, even with a baseline
    marked = reading if reading.baseline is None else known.against()
    answered = answers_of(known, view.side)
    if view.metrics:
        view = view._replace(metrics=tuple(measured(marked.rows, view.metrics)))
    if view.wide:
        _refuse_parameter(reading)
        tables = _matrices(marked.rows, view.metrics or default_metrics(reading.rows))
        compared = _ratios(reading, tables)
    else:
        tables = rankings(reading.rows, view, reading.baseline)
        compared = None
    is_alone = reading.baseline is not None and _is_alone(reading.rows)
    is_whole = view.wide and not view.metrics  # with a table for every metric
    twins = proof.twins(results.run.plan.cases, results.measurements)
    return Document(
        run=results.run,
        reading=reading,
        measurements=results.measurements,
        source=source(results.run),
        setting="" if view.wide else setting(reading.rows),
        warnings=(
            *results.warnings,
            *notes.seam_warnings(results),
            *notes.warnings(results.run, reading, cards.not_by_cpu(results.measurements)),
            *cards.warnings(results.measurements, reading.rows),
            *proof.doubts(twins),
        ),
        answered=answered,
        answers=tuple(one.text for one in sentences(marked.rows, answered)),
        answer_tables=tuple(answer_tables(marked.rows, answered, view)),
        tables=tuple(tables),
        ratios=None if is_alone else compared,
        rerun=None if reading.baseline is None else notes.rerun_advice(known.run, reading.rows),
        remarks=(
            *([_why_alone(reading)] if is_alone else []),
            *advice(reading.rows),
            *paid_once(reading.rows),
            *(notes.roof_lines(reading.rows) if is_whole else []),
            *proof.lines(twins),
            *notes.lines(known.run, reading),
            *notes.seam_lines(results),
        ),
    )


def _why_alone(reading: ComparedRows) -> str:
    """Say whether it is the baseline or the others that were not measured."""
    lacks_it = any(
        "baseline was not measured" in (row.comparison.reason or "") for row in reading.rows
    )
    return ABSENT if lacks_it else ALONE


def _refuse_parameter(reading: ComparedRows) -> None:
    """Raise a UsageError for a baseline that is no target: wide tables have targets as columns."""
    targets = {row.target.id for row in reading.rows}
    if reading.baseline is not None and reading.baseline not in targets:
        raise UsageError(
            "--wide compares targets, and the baseline is a value of the workloads",
            value=reading.baseline,
            hint="Leave out --wide",
        )


def _is_alone(rows: Sequence[Row]) -> bool:
    """Return whether no target was compared with the baseline."""
    return not any(row.comparison.verdict for row in rows)


def _matrices(rows: Sequence[Row], metrics: Sequence[Metric]) -> list[Table]:
    """Lay out a table per metric; metrics that few runs have are left out if no row has them."""
    numbered = Notes()
    optional = {"utilisation", *SPARSE} if len(metrics) > 1 else set()
    shown = [name for name in metrics if name not in optional or rows_with(rows, name)]
    return [
        lay_out(part, name, numbered)
        for name in shown
        for part in split_by_loop(rows_with(rows, name) if name in optional & {*SPARSE} else rows)
    ]


def _ratios(reading: ComparedRows, tables: Sequence[Table]) -> Table | None:
    """The comparison with the baseline, whose notes are numbered after those of the tables."""
    if reading.baseline is None:
        return None
    [compared] = [
        part
        for part in split_by_loop(reading.rows)
        if any(row.target.id == reading.baseline for row in part)
    ]
    return ratios(compared, reading.baseline, max(map(last_note, tables)) + 1)


def source(run: Run | TrainingRun) -> str:
    """Where the numbers come from, in one line: run, machine and software."""
    return f"{run.id}: {machine(run.environment)}"


def machine(env: Environment) -> str:
    """The machine and its software, in one line."""
    memory = units.size(env.memory_bytes) if env.memory_bytes else "memory unknown"
    software = ", ".join(f"{name} {version}" for name, version in env.versions.items())
    hardware = ", ".join([env.cpu or "CPU unknown", usable(env), memory, *cards.names(env)])
    return f"{hardware}; Python {env.python}, {software}"

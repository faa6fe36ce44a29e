"""Is a stored run whole and plausible? Every fault with its place; an empty list is a pass.

It cannot tell a forged sample from a true one. It tells a torn or edited folder, a run without its
self-checks, and a report that says what the measurements do not.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from dlbench import files, units
from dlbench.analysis.rows import Row
from dlbench.analysis.run import RunAnalysis, rows_of
from dlbench.answers.answer import answers_of
from dlbench.errors import UnreadableResults
from dlbench.grouping import grouped
from dlbench.records.base import Record
from dlbench.records.case import Group
from dlbench.records.measurement import Measurement
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results.folder import RUN, TRAINING, Results, kind_of, read_run, read_training
from dlbench.results.select import part_of

# The wall clock, which tells when a sample began, is corrected while a run goes on; the clock that
# times it is not. A sample may seem to begin this much before the one before it has ended.
CLOCK_S = 0.05

# The table of a report, and the most bytes of one.
TABLE, MOST_BYTES = Path("report") / "table.csv", 256 * 2**20

ANEW = "It is of another version of dlbench, or was edited. Write it anew: dlbench report"

# A fault names so many cases.
MOST_NAMED = 3


class Fault(Record, frozen=True):
    """What is wrong, and where: a file, or a case with its repetition."""

    where: str
    what: str


class Soundness(Record, frozen=True):
    """What was looked at, and the faults. counts: what was looked at, in words."""

    folder: str
    counts: tuple[str, ...]
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.faults


def examine(folder: Path) -> Soundness:
    """Look at a folder of results. UnreadableResults only if it is none."""
    if kind_of(folder) is TRAINING:
        return _training(folder)
    try:
        results = read_run(folder)
    except UnreadableResults as error:
        return Soundness(str(folder), (), (Fault(str(folder), str(error)),))
    torn = [Fault(RUN.lines_file, warning) for warning in results.warnings]
    faults = [*torn, *_of_plan(results), *_of_measurements(results), *_of_rows(results)]
    verdicts, more = _of_verdicts(folder, results)
    return Soundness(str(folder), tuple(_counts(results, verdicts)), (*faults, *more))


def _counts(results: Results, verdicts: int) -> Iterator[str]:
    plan, lines = results.run.plan, results.measurements
    yield units.counted(len(plan.cases), "case")
    yield units.counted(len(lines), "measurement")
    yield units.counted(sum(len(one.samples) for one in lines), "sample")
    yield units.counted(sum(one.case.endswith("/null") for one in lines), "self-check")
    yield f"{units.counted(verdicts, 'verdict')} recomputed"


def _of_plan(results: Results) -> Iterator[Fault]:
    """Yield cases that were not measured, and measurements of no case."""
    plan = results.run.plan
    live = {case.id for group in plan.groups for case in group.live}
    there = {one.case for one in results.measurements}
    absent = [case.id for case in plan.cases if case.id not in there and not case.skip]
    if absent:
        what = f"no measurement of {units.counted(len(absent), 'planned case')}: {_named(absent)}"
        yield Fault(RUN.lines_file, f"{what}. Go on with: dlbench run --resume {results.run.id}")
    for one in results.measurements:
        if one.case not in live:
            yield Fault(_place(one), "the plan has no such case")
        elif one.generation >= plan.sampling.generations:
            most = units.counted(plan.sampling.generations, "repetition")
            yield Fault(_place(one), f"the plan has only {most}")


def _named(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - MOST_NAMED} more" if len(cases) > MOST_NAMED else ""
    return ", ".join(cases[:MOST_NAMED]) + more


def _place(one: Measurement) -> str:
    return f"{one.case}, repetition {one.generation + 1}"


def _of_measurements(results: Results) -> Iterator[Fault]:
    for one in results.measurements:
        for what in _faults(one):
            yield Fault(_place(one), what)


def _faults(one: Measurement) -> Iterator[str]:
    """Yield what is wrong with one measurement by itself."""
    if one.status == "ok" and not one.samples:
        yield "it went well, without a sample"
    if one.status == "ok" and any(not check.passed for check in one.parity):
        wrong = next(check for check in one.parity if not check.passed)
        yield f"it went well, with a wrong result: {wrong.fault}"
    if one.status != "ok" and not one.reason:
        yield f"it is {one.status.replace('_', ' ')}, without a reason"
    if any(sample.generation != one.generation for sample in one.samples):
        yield "a sample is of another repetition"
    rounds = [sample.round for sample in one.samples]
    if rounds != sorted(set(rounds)):
        yield "its samples are not one a round, in the order of the rounds"
    if any(sample.host_s <= 0 for sample in one.samples):
        yield "a sample took no time"


def _of_rows(results: Results) -> Iterator[Fault]:
    """Yield rows without a self-check, and samples that overlap: they were to take turns."""
    by_generation = grouped(results.measurements, lambda one: one.generation)
    for generation, lines in by_generation.items():
        known = {one.case: one for one in lines}
        for group in results.run.plan.groups:
            yield from _without_nulls(group, generation, known)
            yield from _overlaps(group, generation, known)


def _without_nulls(group: Group, generation: int, known: dict[str, Measurement]) -> Iterator[Fault]:
    if not group.copies:
        return
    for null in group.copies_in(generation):
        own = group.repeated_by(null)
        is_fine = own is not None and own.id in known and known[own.id].status == "ok"
        if is_fine and null.id not in known:
            where = f"{group.workload.id}, repetition {generation + 1}"
            yield Fault(where, "the self-check that was planned is not there")


def _overlaps(group: Group, generation: int, known: dict[str, Measurement]) -> Iterator[Fault]:
    spans = sorted(
        (sample.started_s, sample.started_s + sample.host_s, case.id)
        for case in group.live
        if case.id in known
        for sample in known[case.id].samples
    )
    for (_, end, before), (start, _, after) in pairwise(spans):
        if start < end - CLOCK_S:
            where = f"{group.workload.id}, repetition {generation + 1}"
            yield Fault(where, f"a sample of {after} begins before one of {before} has ended")
            return
    for case in group.live:
        times = [sample.started_s for sample in known[case.id].samples] if case.id in known else []
        if times != sorted(times):
            where = f"{case.id}, repetition {generation + 1}"
            yield Fault(where, "its samples do not follow each other in time")


def _of_verdicts(folder: Path, results: Results) -> tuple[int, Sequence[Fault]]:
    """Compute all verdicts again; return their number, and where a report says otherwise."""
    try:
        analysis = RunAnalysis(results)
        rows = analysis.against().rows
        answers_of(analysis)
        faults = [*_of_report(folder, results, rows)]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        what = f"no verdict can be computed from them ({type(error).__name__}: {error})"
        return 0, [Fault(RUN.lines_file, what)]
    return sum(row.comparison.verdict is not None for row in rows), faults


def _of_report(folder: Path, results: Results, rows: Sequence[Row]) -> Iterator[Fault]:
    """Yield what the report in the folder says otherwise, if there is one."""
    path = folder / TABLE
    if not path.is_file():
        return
    try:
        told = _told(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        yield Fault(str(TABLE), f"it cannot be read ({error})")
        return
    part = [row for row in rows if row.case in told]
    if rows and not part:
        yield Fault(str(TABLE), f"it has no case of the run. {ANEW}")
        return
    # a report of some cases compares them with each other alone
    whole = part if len(part) == len(rows) else rows_of(part_of(results, told.__contains__))
    wrong = [
        f"{row.case} is {told[row.case] or 'not judged'}, not {verdict or 'judged'}"
        for row in whole
        if (verdict := row.comparison.verdict or "") != (told[row.case] or "")
    ]
    if wrong:
        what = f"{units.counted(len(wrong), 'verdict')} otherwise than the measurements say"
        yield Fault(str(TABLE), f"{what}: {_named(wrong)}. {ANEW}")


def _told(table: Path) -> dict[str | None, str | None]:
    """Return the verdicts of a table by case."""
    text = files.read(table, MOST_BYTES, inside=True).decode()
    return {line.get("case"): line.get("verdict") for line in csv.DictReader(io.StringIO(text))}


def _training(folder: Path) -> Soundness:
    try:
        trained = read_training(folder)
    except UnreadableResults as error:
        return Soundness(str(folder), (), (Fault(str(folder), str(error)),))
    torn = [Fault(TRAINING.lines_file, warning) for warning in trained.warnings]
    faults = [*torn, *_of_trainings(trained.run, trained.results)]
    epochs = sum(len(one.epochs) for one in trained.results)
    counts = (
        units.counted(len(trained.results), "training"),
        units.counted(epochs, "epoch"),
    )
    return Soundness(str(folder), counts, tuple(faults))


def _of_trainings(run: TrainingRun, results: Sequence[TrainingResult]) -> Iterator[Fault]:
    there = {(one.target.id, one.seed) for one in results}
    absent = [
        f"{target.id} seed {seed}"
        for target in run.targets
        for seed in run.seeds
        if (target.id, seed) not in there
    ]
    if absent:
        what = units.counted(len(absent), "planned training")
        yield Fault(TRAINING.lines_file, f"{what} not there: {_named(absent)}")
    for one in results:
        if [epoch.epoch for epoch in one.epochs] != [*range(1, len(one.epochs) + 1)]:
            yield Fault(f"{one.target.id}, seed {one.seed}", "its epochs are not 1, 2, 3, ...")

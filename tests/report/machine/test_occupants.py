"""Who measured at the same time is named, and what that means."""

from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.records.machine.occupant import Occupant
from dlbench.report import notes
from dlbench.report.machine.occupants import MOST_NAMED, measured_beside
from dlbench.report.trainings.tables import document_of
from dlbench.results.folder import Results
from fakes import trainings
from fakes.runs import NUMPY, case, matmul, results

OTHERS = tuple(
    Occupant("dlbench run", 100 + number, f"2026-11-28T21:5{number}:00+00:00")
    for number in range(5)
)


def test_one_is_named_with_what_it_means() -> None:
    assert measured_beside(OTHERS[:1]) == (
        "1 other dlbench command measured on this machine at the same time, so times are too long "
        "and comparisons less sure: dlbench run (process 100, since 2026-11-28 21:50 UTC). Measure "
        "again without --no-lock"
    )


def test_of_many_the_first_are_named() -> None:
    told = measured_beside(OTHERS)
    assert told.startswith("5 other dlbench commands measured")
    assert told.count("(process") == MOST_NAMED
    assert "and 2 more" in told


def test_a_run_warns_of_it() -> None:
    alone = results((case(matmul(8), NUMPY), 0.001))
    beside = Results(replace(alone.run, beside=OTHERS[:1]), alone.measurements)
    reading = RunAnalysis(alone).against(None)
    assert measured_beside(OTHERS[:1]) in notes.warnings(beside.run, reading)
    assert not any("other dlbench" in line for line in notes.warnings(alone.run, reading))


def test_a_training_warns_of_it() -> None:
    alone = trainings.found(trainings.trained(0.5, 0.9))
    beside = replace(alone, run=replace(alone.run, beside=OTHERS[:1]))
    assert measured_beside(OTHERS[:1]) in document_of(beside).warnings
    assert not any("other dlbench" in line for line in document_of(alone).warnings)

"""Runs teach what starting, compiling and getting ready take."""

import pytest
from msgspec.structs import replace

from dlbench.experience import costs
from dlbench.experience.costs import MOST_VALUES, after
from dlbench.machine.cache import VARIABLE, folder
from dlbench.plan.estimate import CASE_S, COMPILER_S, WORKER_S, case_s, compiler_s, worker_s
from dlbench.records.costs import NO_COSTS
from dlbench.records.measurement import Compiling
from dlbench.records.plan import Sampling
from dlbench.results.folder import Results
from fakes.runs import COMPILED, ENVIRONMENT, NUMPY, case, matmul, measured, results_of

ONE, TWO, OTHER = (case(matmul(size), COMPILED) for size in (8, 16, 32))
COLD = Compiling("cold", start_s=5.0, graphs=(0, 1))


def took(starting_s: float, *preparing_s: float, compiling: Compiling | None = COLD) -> Results:
    """A run of two rows on one target: its worker starts with the first."""
    shared = {"compiling": compiling}
    first = measured(ONE, 1.0, starting_s=starting_s, preparing_s=preparing_s[0], **shared)
    second = measured(TWO, 1.0, starting_s=0.0, preparing_s=preparing_s[1], **shared)
    return results_of([ONE, TWO], [first, second])


def test_a_compiler_is_started_with_the_first_case_of_its_worker() -> None:
    known = after(NO_COSTS, took(3.0, 7.0, 2.5))
    assert known.starting_s(COMPILED) == 3.0
    assert known.compiler_s(COMPILED) == 5.0
    assert (known.preparing_s(ONE), known.preparing_s(TWO)) == (2.0, 2.5)
    assert known.runs == 1


def test_a_case_that_was_never_measured_takes_as_long_as_others_of_its_kind() -> None:
    assert after(NO_COSTS, took(3.0, 7.0, 4.0)).preparing_s(OTHER) == 3.0
    assert after(NO_COSTS, took(3.0, 7.0, 4.0)).preparing_s(case(matmul(8), NUMPY)) is None


def test_what_a_first_run_makes_for_all_later_ones_does_not_count() -> None:
    known = NO_COSTS
    for starting_s in (9.0, 3.0):
        known = after(known, took(starting_s, 7.0, 2.0))
    assert known.starting_s(COMPILED) == 3.0


def test_the_latest_values_are_kept() -> None:
    known = NO_COSTS
    for number in range(MOST_VALUES + 2):
        known = after(known, took(1.0 + number, 7.0, 2.0))
    assert known.starting[COMPILED.id] == (3.0, 4.0, 5.0)


def test_a_case_that_was_skipped_or_failed_teaches_nothing() -> None:
    run = took(3.0, 7.0, 2.0)
    for status in ("skipped", "failed", "timed_out"):
        lines = tuple(
            replace(one, status=status, starting_s=0.0, preparing_s=0.0) for one in run.measurements
        )
        assert after(NO_COSTS, replace(run, measurements=lines)) is NO_COSTS


def test_an_old_run_teaches_nothing() -> None:
    old = results_of([ONE], [measured(ONE, 1.0)])
    assert after(NO_COSTS, old) is NO_COSTS


def test_the_estimate_uses_what_is_known_and_else_its_constants() -> None:
    known, sampling = after(NO_COSTS, took(3.0, 7.0, 2.5)), Sampling()
    assert worker_s(COMPILED, known) == 3.0
    assert compiler_s(COMPILED, known) == 5.0
    assert case_s(TWO, sampling, known) == 2.5
    assert worker_s(NUMPY, known) == WORKER_S
    assert compiler_s(COMPILED, NO_COSTS) == COMPILER_S
    assert case_s(TWO, sampling, NO_COSTS) > CASE_S


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def test_a_second_run_knows_more_than_the_first(place) -> None:
    assert costs.usual(ENVIRONMENT) == (NO_COSTS, "")
    assert costs.remember(took(3.0, 7.0, 2.5)) == ""
    known, note = costs.usual(ENVIRONMENT)
    assert (known.starting_s(COMPILED), note) == (3.0, "")


def test_another_machine_or_version_knows_nothing(place) -> None:
    costs.remember(took(3.0, 7.0, 2.5))
    for change in ({"cpu": "Another"}, {"versions": {"torch": "3.0"}}):
        assert costs.usual(replace(ENVIRONMENT, **change)) == (NO_COSTS, "")


def test_a_damaged_book_is_ignored_with_a_note(place) -> None:
    costs.remember(took(3.0, 7.0, 2.5))
    [path] = folder().iterdir()
    path.write_bytes(b"{")
    known, note = costs.usual(ENVIRONMENT)
    assert known == NO_COSTS
    assert "ignored" in note

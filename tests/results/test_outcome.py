"""What came of a run or a training, counted from folders whose content is known."""

import pytest
from msgspec.structs import replace

from dlbench.errors import UnreadableResults
from dlbench.records.measurement import Measurement
from dlbench.results.folder import RUN, TRAINING, new_folder
from dlbench.results.outcome import INTERRUPTED, outcome
from fakes.runs import TORCH, case, matmul, measured, run_of, samples
from fakes.trainings import TORCH as TORCH_TRAINER
from fakes.trainings import broken, found, trained

CASES = [case(matmul(size)) for size in (8, 16, 32)]
FIRST, SECOND, THIRD = CASES
UNAVAILABLE = case(matmul(8), TORCH, skip="not installed")


def ok(one, **fields):
    return replace(measured(one, 1e-3, 2e-3), **fields)


@pytest.fixture
def of_run(tmp_path):
    """The outcome of a run of these cases with these measurements."""

    def of(cases, *measurements):
        folder = new_folder(tmp_path, "told")
        with RUN.writing(folder, run_of(cases)) as written:
            for measurement in measurements:
                written.append(measurement)
        return outcome(folder)

    return of


@pytest.fixture
def of_training(tmp_path):
    """The outcome of these trainings, of which so many seeds were planned."""

    def of(*results, seeds=(0,)):
        folder = new_folder(tmp_path, "train-iris")
        head = replace(found(*results).run, seeds=seeds)
        with TRAINING.writing(folder, head) as written:
            for result in results:
                written.append(result)
        return outcome(folder)

    return of


def test_a_complete_run_is_counted(of_run):
    found = of_run(CASES, *map(ok, CASES))
    assert (found.kind, found.subject, found.started[:10]) == ("run", "told", "2026-01-01")
    assert (found.counts, found.state) == ("3 ok", "")


@pytest.mark.parametrize("status", ["failed", "parity_failed", "timed_out", "out_of_memory"])
def test_whatever_did_not_go_well_has_failed(of_run, status):
    found = of_run(CASES, ok(FIRST), Measurement(SECOND.id, status, "why"), ok(THIRD))
    assert (found.counts, found.state) == ("2 ok, 1 failed", "")


def test_what_is_skipped_by_the_plan_or_on_the_way_is_complete(of_run):
    skipped = Measurement(SECOND.id, "skipped", "the budget was used up")
    found = of_run([FIRST, SECOND, UNAVAILABLE], ok(FIRST), skipped)
    assert (found.counts, found.state) == ("1 ok, 2 skipped", "")


def test_a_run_that_lacks_cases_was_interrupted(of_run):
    found = of_run([*CASES, UNAVAILABLE], ok(FIRST))
    assert (found.counts, found.state) == ("1 ok, 1 skipped", "interrupted: 2 of 4 cases complete")


def test_a_case_that_was_cut_off_is_not_complete(of_run):
    found = of_run(CASES, ok(FIRST), ok(SECOND, stop_reason=INTERRUPTED))
    assert (found.counts, found.state) == ("1 ok", "interrupted: 1 of 3 cases complete, 1 in part")


def test_a_run_of_no_measurement_was_interrupted(of_run):
    found = of_run(CASES)
    assert (found.counts, found.state) == ("0 ok", "interrupted: 0 of 3 cases complete")


def test_a_case_fails_if_one_of_its_generations_does(of_run):
    failed = Measurement(FIRST.id, "failed", "why", generation=1)
    found = of_run([FIRST, SECOND], ok(FIRST), ok(SECOND), failed, ok(SECOND, generation=1))
    assert (found.counts, found.state) == ("1 ok, 1 failed", "")


def test_null_cases_are_not_counted(of_run):
    assert of_run([FIRST], ok(FIRST), ok(replace(FIRST, null=True))).counts == "1 ok"


def test_a_torn_last_line_does_not_count(of_run, tmp_path):
    of_run([FIRST, SECOND], ok(FIRST), ok(SECOND))
    (folder,) = tmp_path.iterdir()
    lines = folder / RUN.lines_file
    lines.write_bytes(lines.read_bytes()[:-1])
    assert outcome(folder).state == "interrupted: 1 of 2 cases complete"


def test_what_is_damaged_is_unreadable(of_run, tmp_path):
    of_run([FIRST], ok(FIRST))
    (folder,) = tmp_path.iterdir()
    (folder / RUN.lines_file).write_bytes(b"rubbish\n")
    with pytest.raises(UnreadableResults, match="line 1 cannot be read"):
        outcome(folder)


def test_trainings_are_counted(of_training):
    found = of_training(trained(0.5), broken(target=TORCH_TRAINER))
    assert (found.kind, found.subject) == ("training", "iris")
    assert (found.counts, found.state) == ("1 ok, 1 failed", "")


def test_a_training_that_lacks_seeds_was_interrupted(of_training):
    cut_off = broken(0.5, seed=1, reason=INTERRUPTED)
    found = of_training(trained(0.5), cut_off, seeds=(0, 1, 2))
    assert (found.counts, found.state) == (
        "1 ok",
        "interrupted: 1 of 3 trainings complete, 1 in part",
    )


def test_a_training_that_was_written_twice_counts_once(of_training):
    found = of_training(trained(0.5), trained(0.5))
    assert (found.counts, found.state) == ("1 ok", "")


def test_a_training_that_was_cut_off_in_its_first_epoch_has_no_part(of_training):
    found = of_training(trained(0.5), broken(seed=1, reason=INTERRUPTED), seeds=(0, 1))
    assert found.state == "interrupted: 1 of 2 trainings complete"


def test_a_run_whose_first_row_was_cut_off_has_parts_only(of_run):
    found = of_run(CASES, *(ok(one, stop_reason=INTERRUPTED) for one in CASES[:2]))
    assert (found.counts, found.state) == ("0 ok", "interrupted: 0 of 3 cases complete, 2 in part")


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ([], "quiet"),
        (["busy"], "75 % quiet"),
        (["stolen"], "75 % quiet"),
    ],
)
def test_a_run_says_whether_the_machine_was_quiet_and_which_it_was(of_run, flags, text):
    quiet, disturbed = samples(1e-3, 1e-3, 1e-3), samples(1e-3)
    taken = (*quiet, replace(disturbed[0], flags=tuple(flags)))
    found = of_run([FIRST], ok(FIRST, samples=taken))
    assert (found.quiet, found.machine) == (text, "A Processor, 2 cores")


def test_without_samples_nobody_knows_whether_it_was_quiet(of_run):
    assert of_run(CASES).quiet == ""


def test_an_old_alarm_without_waiting_is_false(tmp_path):
    """As for the tables: threads that were declared counted as used (results/upgrade.py)."""
    taken = tuple(replace(one, flags=("busy",), waited_s=0.0) for one in samples(1e-3, 1e-3))
    for version, text in ((6, "quiet"), (7, "0 % quiet")):
        folder = new_folder(tmp_path, "told")
        with RUN.writing(folder, run_of([FIRST], schema_version=version)) as written:
            written.append(ok(FIRST, samples=taken))
        assert outcome(folder).quiet == text

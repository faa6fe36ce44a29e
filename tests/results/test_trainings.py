"""Trainings on disk, and how the commands that know runs find, list, show and refuse them."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from dlbench.errors import EXIT_UNREADABLE, EXIT_USAGE, UnreadableResults
from dlbench.records.run import SCHEMA_VERSION
from dlbench.records.training import TrainingResult, TrainingRun
from dlbench.results.find import find
from dlbench.results.folder import RUN, TRAINING, new_folder, read_training
from fakes.runs import case, matmul, measured, run_of
from fakes.terminal import Answer, dlbench
from fakes.trainings import OUTPUTS, TORCH, broken, found, trained

NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

TRAINED = found(
    trained(0.1, 0.2, 0.7, predictions=(OUTPUTS,)),
    trained(None, None, None, seed=1, tested=False),
    broken(target=TORCH, reason='a "quoted" reason\nof two lines, in µs'),
    goal=0.6,
)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def write(results, now=NOON, told=TRAINED):
    """A whole run; its folder."""
    path = new_folder(results, "train-iris", now)
    with TRAINING.writing(path, told.run) as folder:
        for one in told.results:
            folder.append(one)
    return path


def measure(results, now):
    """A run of `dlbench run` beside."""
    path = new_folder(results, "told", now)
    product = case(matmul(8))
    with RUN.writing(path, run_of([product])) as folder:
        folder.append(measured(product, *[1e-3] * 12))
    return path


def edit(path, change):
    path.write_bytes(change(path.read_bytes()))


def edit_head(folder, **fields):
    head = json.loads((folder / TRAINING.head_file).read_bytes())
    (folder / TRAINING.head_file).write_text(json.dumps({**head, **fields}), "utf-8")


# --- round trip ---------------------------------------------------------------------------------


def test_what_is_written_is_read(results):
    assert read_training(write(results)) == TRAINED


def test_the_head_can_be_read_alone(results):
    folder = write(results)
    (folder / TRAINING.lines_file).unlink()
    assert TRAINING.read_head(folder) == TRAINED.run


def test_what_is_written_is_json_that_anyone_can_read(results):
    folder = write(results)
    head = json.loads((folder / "training.json").read_bytes())
    assert (head["network"]["name"], head["goal"]) == ("iris", 0.6)
    lines = (folder / "trainings.jsonl").read_text(encoding="utf-8").splitlines()
    first = json.loads(lines[0])
    assert [epoch["accuracy"] for epoch in first["epochs"]] == [0.1, 0.2, 0.7]
    assert first["predictions"] == [list(OUTPUTS)]


def test_every_training_is_on_disk_before_the_next_begins(results):
    folder = new_folder(results, "train-iris")
    with TRAINING.writing(folder, TRAINED.run) as open_folder:
        assert read_training(folder).results == ()
        for number, one in enumerate(TRAINED.results, start=1):
            open_folder.append(one)
            assert read_training(folder).results == TRAINED.results[:number]


def test_a_training_is_told_from_a_run(results):
    assert TRAINING.is_at(write(results))
    assert not TRAINING.is_at(measure(results, NOON))
    assert not TRAINING.is_at(results)


# --- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 2, 50])
def test_a_torn_last_line_is_dropped(results, cut):
    folder = write(results)
    edit(folder / TRAINING.lines_file, lambda text: text[:-cut])
    assert read_training(folder).results == TRAINED.results[:-1]


def test_a_newer_training_asks_for_a_newer_dlbench(results):
    folder = write(results)
    edit_head(folder, schema_version=SCHEMA_VERSION + 1, weather="a field of tomorrow")
    newer = rf"newer dlbench.*: {SCHEMA_VERSION + 1}\. Allowed: up to {SCHEMA_VERSION}\."
    with pytest.raises(UnreadableResults, match=newer) as error:
        read_training(folder)
    assert error.value.exit_code == EXIT_UNREADABLE


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        ("trainings.jsonl", lambda text: text[5:], "line 1 cannot be read"),
        ("trainings.jsonl", lambda text: b"\n" + text, "line 1 cannot be read"),
        ("trainings.jsonl", lambda text: text.replace(b"failed", b"flaky"), "'flaky'"),
        ("trainings.jsonl", lambda text: text.replace(b'"epoch":1', b'"epoch":0', 1), "line 1"),
        ("training.json", lambda _: b"[]", "training.json cannot be read"),
        ("training.json", lambda text: text[:-100], "training.json cannot be read"),
    ],
)
def test_what_is_damaged_otherwise_is_not_guessed_at(results, file, change, complaint):
    folder = write(results)
    edit(folder / file, change)
    with pytest.raises(UnreadableResults, match=complaint):
        read_training(folder)


@pytest.mark.parametrize("file", ["training.json", "trainings.jsonl"])
def test_a_file_that_is_missing_cannot_be_read(results, file):
    folder = write(results)
    (folder / file).unlink()
    with pytest.raises(UnreadableResults, match=f"{file} cannot be read"):
        read_training(folder)


# --- find ---------------------------------------------------------------------------------------


def test_latest_may_be_asked_of_one_kind(results):
    run = measure(results, NOON)
    training = write(results, NOON + SECOND)
    older = measure(results, NOON - SECOND)
    assert find("latest", results, (RUN,)) == run
    assert find("latest", results, (TRAINING,)) == training
    assert find(older.name, results, (TRAINING,)) == older, "by its id"


def test_latest_is_the_newest_of_runs_and_trainings(results):
    training = write(results, NOON + SECOND)
    measure(results, NOON)
    assert find("latest", results) == training
    run = measure(results, NOON + 2 * SECOND)
    assert find("latest", results) == run


@pytest.mark.parametrize("asked", ["20260101-120001-train-iris", "20260101-120001", "{0}"])
def test_a_training_is_found_as_a_run_is(results, asked):
    training = write(results, NOON + SECOND)
    measure(results, NOON)
    assert find(asked.format(training), results) == training


# --- the commands -------------------------------------------------------------------------------


DAY = "2026-01-01 12:00"


def test_trainings_are_listed_among_the_runs(results):
    write(results, NOON + SECOND)
    measure(results, NOON)
    answer = dlbench("list", "runs", "--results", str(results))
    assert (answer.code, answer.err) == (0, "")
    counts = "2 ok, 1 failed, interrupted: 3 of 4 trainings complete"
    assert [re.split("  +", line) for line in answer.out.splitlines()] == [
        ["20260101-120000-told", DAY, "told", "1 ok, quiet; A Processor, 2 cores"],
        ["20260101-120001-train-iris", DAY, "iris", f"{counts}; A Processor, 2 cores"],
    ]


def test_a_training_that_cannot_be_read_is_listed_with_what_tells_why(results):
    folder = write(results)
    (folder / TRAINING.head_file).write_bytes(b"rubbish")
    answer = dlbench("list", "runs", "--results", str(results))
    assert answer.code == 0
    assert answer.out.endswith("cannot be read; dlbench show says why\n")


def test_a_training_is_shown_again(results):
    write(results)
    answer = dlbench("show", "latest", "--results", str(results))
    assert (answer.code, answer.err) == (0, "")
    words = " ".join(answer.out.split())
    assert "iris: batch 32, 3 epochs; median over the finished of 2 seeds" in words
    assert "numpy" in words
    assert "accuracy 0.6" in words


def test_a_training_that_cannot_be_read_is_not_shown(results):
    folder = write(results)
    edit(folder / TRAINING.lines_file, lambda text: text[5:])
    answer = dlbench("show", "latest", "--results", str(results))
    assert (answer.code, answer.out) == (EXIT_UNREADABLE, "")
    assert "line 1 cannot be read" in answer.err


@pytest.mark.parametrize(
    "line",
    ["show --metric time", "show --metric time --format csv", "show --baseline numpy", "report"],
)
def test_what_needs_a_run_takes_the_latest_run(results, line):
    run = measure(results, NOON)
    write(results, NOON + SECOND)
    answer = dlbench(*line.split(), "--results", str(results))
    told = f"Report of {run.name}:\n" if line == "report" else ""
    assert (answer.code, answer.err) == (0, told)
    assert (run / "report").exists() == (line == "report")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--metric time", "--metric does"),
        ("--metric time --baseline numpy --margin 0.1", "--metric, --baseline, --margin do"),
    ],
)
def test_options_of_runs_are_refused_for_a_training(results, options, words):
    folder = write(results)
    answer = dlbench("show", folder.name, *options.split(), "--results", str(results))
    assert (answer.code, answer.out) == (EXIT_USAGE, "")
    assert f"{folder.name} is a training, and {words} not apply to one. " in answer.err


def test_a_training_is_written_as_a_line_per_epoch(results):
    write(results)
    answer = dlbench("show", "--format", "csv", "--results", str(results))
    assert (answer.code, answer.err) == (0, "")
    lines = list(csv.DictReader(answer.out.splitlines()))
    epochs = [epoch for one in TRAINED.results for epoch in one.epochs]
    assert [float(line["loss"]) for line in lines] == [epoch.loss for epoch in epochs]
    assert {line["backend"] for line in lines} == {"numpy"}


def test_a_training_is_written_as_its_record(results):
    write(results)
    answer = dlbench("show", "--format", "json", "--results", str(results))
    found = json.loads(answer.out)
    assert set(found) == {"run", "paces", "trainings"}
    head = msgspec.convert(found["run"], type=TrainingRun, strict=False)
    records = msgspec.convert(found["trainings"], type=tuple[TrainingResult, ...], strict=False)
    assert (head, records) == (TRAINED.run, TRAINED.results)


def test_show_without_options_takes_the_latest_of_any_kind(results):
    measure(results, NOON)
    write(results, NOON + SECOND)
    assert "iris: batch 32" in dlbench("show", "--results", str(results)).out


def test_where_there_are_only_trainings_there_is_no_latest_run(results):
    training = write(results)
    answer = dlbench("report", "--results", str(results))
    assert (answer.code, answer.out) == (EXIT_USAGE, "")
    assert "no run in" in answer.err
    assert training.name in answer.err


def test_there_is_no_report_of_a_training_but_where_its_curve_is_is_said(results):
    folder = write(results)
    answer = dlbench("report", folder.name, "--results", str(results))
    assert answer == Answer(
        EXIT_USAGE,
        "",
        f"dlbench: {folder.name} is a training, and reports are made of runs. "
        f"Learning curve: in {folder}. Table: dlbench show {folder.name}.\n",
    )
    assert not (folder / "report").exists()

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench.errors import EXIT_UNREADABLE, EXIT_USAGE, UnreadableResults, UsageError
from dlbench.records.measurement import Measurement, Sample
from dlbench.records.run import SCHEMA_VERSION
from dlbench.results import folder as folder_module
from dlbench.results.find import latest
from dlbench.results.folder import (
    LOGS_FOLDER,
    RUN,
    Results,
    head_text,
    new_folder,
    read_run,
)
from fakes.runs import TORCH, case, matmul, measured, parity, run_of
from fakes.terminal import dlbench

KEPT = Path(__file__).parents[1] / "data" / "run-v1"


NOON = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


GOOD = case(matmul(8))


BAD = case(matmul(8), TORCH)


TOLD = run_of([GOOD, BAD])


MEASUREMENTS = (
    measured(
        GOOD,
        1e-3,
        2e-3,
        warmup=(Sample(1, 0.5, 0.0, device_s=0.4, round=2, generation=1, flags=("busy",)),),
        parity=parity(1e-7, None),
        facts={"version": "2.4.6", "threads": 2, "blas": None},
    ),
    Measurement(BAD.id, "failed", 'a "quoted" reason\nof two lines, in µs'),
)


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def write(results, run=TOLD, measurements=MEASUREMENTS, now=NOON):
    """A whole run; its folder."""
    path = new_folder(results, run.plan.suite, now)
    with RUN.writing(path, run) as folder:
        for measurement in measurements:
            folder.append(measurement)
    return path


def edit(path, change):
    path.write_bytes(change(path.read_bytes()))


def edit_head(folder, **fields):
    head = json.loads((folder / RUN.head_file).read_bytes())
    (folder / RUN.head_file).write_text(json.dumps({**head, **fields}), encoding="utf-8")


# --- round trip ---------------------------------------------------------------------------------


def test_what_is_written_is_read(results):
    assert read_run(write(results)) == Results(TOLD, MEASUREMENTS)


def test_what_is_written_is_json_that_anyone_can_read(results):
    folder = write(results)
    assert json.loads((folder / RUN.head_file).read_bytes())["id"] == TOLD.id
    lines = (folder / RUN.lines_file).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["case"] for line in lines] == [GOOD.id, BAD.id]


def test_a_head_is_written_anew_while_lines_are_added(results):
    """A plan may grow."""
    folder = new_folder(results, "told")
    with RUN.writing(folder, TOLD) as open_folder:
        open_folder.append(MEASUREMENTS[0])
        later = replace(TOLD, plan=replace(TOLD.plan, seed=7))
        open_folder.replace_head(head_text(later))
        open_folder.append(MEASUREMENTS[1])
    assert read_run(folder) == Results(later, MEASUREMENTS)
    assert {path.name for path in folder.iterdir()} == {"logs", RUN.head_file, RUN.lines_file}


def test_every_measurement_is_on_disk_before_the_next_begins(results):
    folder = new_folder(results, "told")
    with RUN.writing(folder, TOLD) as open_folder:
        assert read_run(folder).measurements == ()
        for number, measurement in enumerate(MEASUREMENTS, start=1):
            open_folder.append(measurement)
            assert read_run(folder).measurements == MEASUREMENTS[:number]


def test_an_exception_keeps_what_was_written(results):
    def one_measurement_and_an_interrupt():
        with RUN.writing(folder, TOLD) as open_folder:
            open_folder.append(MEASUREMENTS[0])
            raise KeyboardInterrupt

    folder = new_folder(results, "told")
    with pytest.raises(KeyboardInterrupt):
        one_measurement_and_an_interrupt()
    assert read_run(folder).measurements == MEASUREMENTS[:1]


# --- folders ------------------------------------------------------------------------------------


def test_a_folder_is_named_after_the_time_and_the_suite(results):
    folder = new_folder(results / "deep" / "down", "quick", NOON)
    assert folder == results / "deep" / "down" / "20260101-120000-quick"
    assert (folder / LOGS_FOLDER).is_dir()


def test_a_folder_is_named_after_now(results):
    before = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    stamp = new_folder(results, "quick").name.removesuffix("-quick")
    after = datetime.now(UTC).replace(tzinfo=None)
    assert before <= datetime.strptime(stamp, "%Y%m%d-%H%M%S") <= after  # noqa: DTZ007


def test_runs_of_one_second_are_numbered(results):
    names = [new_folder(results, "quick", NOON).name for _ in range(3)]
    assert names == [f"20260101-120000-quick{number}" for number in ("", "-2", "-3")]


def test_a_hundred_runs_in_one_second_are_too_many(results):
    for _ in range(99):
        new_folder(results, "quick", NOON)
    with pytest.raises(UsageError, match="too many runs in one second"):
        new_folder(results, "quick", NOON)


@pytest.mark.parametrize("below", [".", "results", "deep/down"])
def test_results_that_cannot_be_written_are_a_usage_error(tmp_path, below):
    """Below a regular file, where not even root can make a folder."""
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot write results .*file.*--results DIR") as error:
        new_folder(tmp_path / "file" / below, "quick")
    assert error.value.exit_code == EXIT_USAGE


# A list within a list and so on, more often than any decoder follows.
DEEP = b'{"case": ' + b"[" * 100_000

# --- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 2, 50])
def test_a_torn_last_line_is_dropped_with_a_warning(results, cut):
    folder = write(results)
    edit(folder / RUN.lines_file, lambda text: text[:-cut])
    found = read_run(folder)
    assert found.measurements == MEASUREMENTS[:1]
    (warning,) = found.warnings
    assert "last line is incomplete and was ignored" in warning


@pytest.mark.parametrize(
    ("file", "change", "complaint"),
    [
        (RUN.lines_file, lambda text: text[5:], "line 1 cannot be read"),
        (RUN.lines_file, lambda text: b"\n" + text, "line 1 cannot be read"),
        (RUN.lines_file, lambda text: text + b"\xff\n", "line 3 cannot be read"),
        (RUN.lines_file, lambda text: text + b'{"case": "\xff"}\n', "line 3 cannot be read"),
        (RUN.lines_file, lambda text: text + DEEP + b"\n", "line 3 cannot be read"),
        (RUN.lines_file, lambda text: text.replace(b"0.5", b"1e999"), "line 1"),
        (RUN.head_file, lambda text: text.replace(b"A Proc", b"\xff"), "run.json cannot be read"),
        (RUN.head_file, lambda _: DEEP, "run.json cannot be read"),
        (RUN.lines_file, lambda text: text.replace(b"failed", b"flaky"), "'flaky'"),
        (RUN.lines_file, lambda text: text.replace(b"0.5", b'"fast"'), "line 1"),
        (RUN.lines_file, lambda text: text.replace(b"reason", b"reasons"), "line 1"),
        (RUN.head_file, lambda _: b"", "run.json cannot be read"),
        (RUN.head_file, lambda _: b"[]", "run.json cannot be read"),
        (RUN.head_file, lambda _: b'{"schema_version": 1}', "run.json cannot be read"),
        (RUN.head_file, lambda text: text[:-100], "run.json cannot be read"),
    ],
)
def test_what_is_damaged_otherwise_is_not_guessed_at(results, file, change, complaint):
    folder = write(results)
    edit(folder / file, change)
    with pytest.raises(UnreadableResults, match=complaint) as error:
        read_run(folder)
    assert error.value.exit_code == EXIT_UNREADABLE


@pytest.mark.parametrize("file", [RUN.head_file, RUN.lines_file])
def test_a_file_that_is_missing_cannot_be_read(results, file):
    folder = write(results)
    (folder / file).unlink()
    with pytest.raises(UnreadableResults, match=f"{file} cannot be read"):
        read_run(folder)


@pytest.mark.parametrize("file", [RUN.head_file, RUN.lines_file])
@pytest.mark.parametrize("target", ["a pipe", "/dev/zero", "outside"])
def test_what_is_no_file_of_the_folder_is_neither_waited_for_nor_read(
    results, tmp_path, file, target
):
    folder = write(results)
    (tmp_path / "outside").write_bytes((folder / file).read_bytes())
    (folder / file).unlink()
    if target == "a pipe":
        os.mkfifo(folder / file)
    else:
        (folder / file).symlink_to(tmp_path / target)
    with pytest.raises(UnreadableResults, match=f"{file} cannot be read: it is"):
        read_run(folder)
    assert latest(results) == [folder] * (file == RUN.head_file and target == "outside")


def test_a_line_that_is_too_long_is_not_read(results, monkeypatch):
    monkeypatch.setattr(folder_module, "MOST_LINE_BYTES", 1000)
    folder = write(results)
    edit(folder / RUN.lines_file, lambda text: text + b" " * 2000 + b"\n")
    with pytest.raises(UnreadableResults, match="it is too long"):
        read_run(folder)


def test_control_characters_are_read_as_they_are_spelled_and_cleaned_when_printed(results):
    """JSON has two spellings of them; the screen gets neither (tests/test_printer.py)."""
    folder = write(results)
    edit(folder / RUN.head_file, lambda text: text.replace(b"A Proc", b"\\u001B\\u001b\\u009B"))
    assert "\x1b\x1b\x9b" in read_run(folder).run.environment.cpu
    answer = dlbench("show", str(folder))
    assert answer.code == 0
    assert not {"\x1b", "\x9b"} & {*answer.out, *answer.err}


def test_a_newer_run_asks_for_a_newer_dlbench(results):
    folder = write(results)
    edit_head(folder, schema_version=SCHEMA_VERSION + 1, weather="a field of tomorrow")
    newer = rf"newer dlbench.*: {SCHEMA_VERSION + 1}\. Allowed: up to {SCHEMA_VERSION}\."
    with pytest.raises(UnreadableResults, match=newer) as error:
        read_run(folder)
    assert error.value.exit_code == EXIT_UNREADABLE


def test_what_is_read_is_text_and_never_run(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nasty = "__import__('pathlib').Path('owned').touch() or $(touch owned) {{ 7*7 }} ../../owned"
    folder = write(results, measurements=[Measurement(nasty, "failed", nasty)])
    edit_head(folder, id=nasty, command=nasty)
    (folder / "__init__.py").write_text("raise SystemExit", encoding="utf-8")
    found = read_run(folder)
    assert (found.run.id, found.run.command) == (nasty, nasty)
    assert (found.measurements[0].case, found.measurements[0].reason) == (nasty, nasty)
    assert not list(tmp_path.rglob("owned"))


# --- for ever -----------------------------------------------------------------------------------


def test_a_run_of_the_first_version_is_read_for_ever():
    """tests/data/run-v1 is never written again: it stands for all that users have kept."""
    found = read_run(KEPT)
    run, (matmul_256, iris) = found.run, found.measurements
    assert found.warnings == ()
    assert (run.id, run.schema_version) == ("20261122-234920-quick", 1)
    assert (run.plan.sampling.blocks, run.plan.sampling.timeout_s) == (10, 180.0)
    assert [c.id for c in run.plan.cases] == [matmul_256.case, iris.case]
    assert iris.case == "train_step/iris/b32/numpy/cpu/eager/float32/t2"
    assert (iris.status, iris.stop_reason, len(iris.samples)) == ("ok", "blocks", 10)
    assert iris.calls_s == (0.00040383, 0.00023277, 0.00021835)
    assert iris.samples[0] == Sample(115, host_s=0.020185128, started_s=4304.949057515)
    assert all(check.passed for check in iris.parity)
    assert run.plan.networks["iris"].optimizer.epsilon == 1e-7
    assert run.plan.groups[0].workload.work.flops == 2 * 256**3

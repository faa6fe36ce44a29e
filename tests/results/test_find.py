"""A run is found by its name, the beginning of it, a path, or as the latest."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from dlbench.errors import EXIT_UNREADABLE, UnreadableResults, UsageError
from dlbench.records.measurement import Measurement, Sample
from dlbench.results.find import find, folders
from dlbench.results.folder import RUN, kind_of, new_folder, read_run
from fakes.runs import TORCH, case, matmul, measured, parity, run_of
from fakes.terminal import dlbench

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


# --- find ---------------------------------------------------------------------------------------


@pytest.fixture
def three_runs(results):
    """Of noon, a second later and the day after, and a folder that is no run."""
    (results / "20260103-reports").mkdir(parents=True)
    times = [NOON, NOON + timedelta(seconds=1), NOON + timedelta(days=1)]
    return [write(results, now=time) for time in times]


def test_runs_are_listed_from_the_oldest_on(results, three_runs):
    assert folders(results) == three_runs


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("20260101-120000-told", 0),
        ("20260101-120001", 1),
        ("20260102", 2),
        ("latest", 2),
    ],
)
def test_a_run_is_found_by_its_name_or_what_it_begins_with(results, three_runs, asked, index):
    assert find(asked, results) == three_runs[index]


@pytest.mark.parametrize("detour", ["{0}", "{0}/logs/..", "{0}/../../link"])
def test_a_run_is_found_by_any_path_to_it(results, three_runs, tmp_path, detour):
    (tmp_path / "link").symlink_to(three_runs[0])
    found = find(detour.format(three_runs[0]), tmp_path / "elsewhere")
    assert read_run(found) == read_run(three_runs[0])


def test_a_name_goes_before_the_longer_names_that_begin_with_it(results):
    first, _ = write(results), write(results)
    assert find(first.name, results) == first


def test_a_beginning_that_several_runs_share_is_not_enough(results, three_runs):
    with pytest.raises(UsageError, match="several runs match") as error:
        find("20260101", results)
    assert [run.name in str(error.value) for run in three_runs] == [True, True, False]


@pytest.mark.parametrize(
    "asked", ["2025", "told", "latest/", pytest.param("x" * 5000, id="far too long")]
)
def test_a_run_that_is_not_there_is_a_usage_error_that_says_what_is(results, three_runs, asked):
    with pytest.raises(UsageError, match="no run in") as error:
        find(asked, results)
    assert "latest" in str(error.value)
    assert all(run.name in str(error.value) for run in three_runs)


@pytest.mark.parametrize("asked", ["latest", "2026"])
def test_where_nothing_was_measured_the_next_step_is_told(results, asked):
    with pytest.raises(UsageError, match="Measure one with: dlbench run"):
        find(asked, results)


def unmeasured(results, now):
    """A run that was interrupted before its first measurement."""
    return write(results, measurements=(), now=now)


def test_a_run_of_no_measurement_is_not_the_latest(results, three_runs):
    empty = unmeasured(results, NOON + timedelta(days=2))
    assert find("latest", results) == three_runs[-1]
    assert find(empty.name, results) == empty, "but it is there"


@pytest.mark.parametrize("left", [None, b"", b'{"case": "tor'])
def test_a_run_of_less_than_one_line_is_not_the_latest(results, three_runs, left):
    lines = three_runs[-1] / RUN.lines_file
    lines.unlink()
    if left is not None:
        lines.write_bytes(left)
    assert find("latest", results) == three_runs[1]


def test_where_no_run_has_a_measurement_none_is_the_latest(results):
    empty = unmeasured(results, NOON)
    with pytest.raises(UsageError, match=f"no run in .*'latest'.*{empty.name}"):
        find("latest", results)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("content", [(), ("notes.txt", "measurements.jsonl")])
def test_a_folder_that_is_no_run_is_unreadable(results, three_runs, content, inside):
    foreign = results / "20260103-reports"
    for name in content:
        (foreign / name).touch()
    missing = r"20260103-reports/ holds no run: there is no run\.json and no training\.json in it"
    with pytest.raises(UnreadableResults, match=missing) as error:
        find(foreign.name if inside else str(foreign), results)
    assert error.value.exit_code == EXIT_UNREADABLE


def test_a_beginning_of_an_id_goes_before_a_folder_of_that_name(
    results, three_runs, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "20260102").mkdir()
    assert find("20260102", results) == three_runs[2]


def test_of_many_runs_the_newest_are_named(results):
    runs = [write(results, now=NOON + timedelta(seconds=second)) for second in range(8)]
    with pytest.raises(UsageError, match="and 3 older") as error:
        find("2025", results)
    assert [run.name in str(error.value) for run in runs] == [False] * 3 + [True] * 5


# --- what cannot be looked into -----------------------------------------------------------------


def test_a_folder_that_is_closed_to_the_user_is_listed_and_said_to_be_closed(results, monkeypatch):
    """A test that runs as root cannot close a folder."""
    closed, other = (write(results, now=NOON + timedelta(days=day)) for day in (1, 0))
    monkeypatch.setattr(os, "access", lambda path, _: path != closed)
    (closed / RUN.head_file).unlink()
    assert folders(results) == [other, closed]
    assert find("latest", results) == other
    with pytest.raises(UnreadableResults, match="it is closed to you"):
        kind_of(find(closed.name, results))


@pytest.mark.parametrize("name", ["y" * 300, "y" * 5000, "\0"])
def test_a_name_that_no_system_takes_is_a_usage_error(tmp_path, name):
    with pytest.raises(UsageError):
        find("latest", tmp_path / name)


def test_no_folder_hides_the_others(results):
    good, odd = (write(results, now=NOON + timedelta(days=day)) for day in (0, 1))
    for content in (b"", b"[" * 100_000, b'{"schema_version": "\xff"}'):
        (odd / RUN.head_file).write_bytes(content)
        answer = dlbench("list", "runs", "--results", str(results))
        assert answer.code == 0
        assert f"{odd.name}" in answer.out
        assert "2 ok" in answer.out or good.name in answer.out


def test_names_of_folders_are_text_too(results):
    write(results).rename(results / "\x1b]0;pwned\x07-run")
    answer = dlbench("list", "runs", "--results", str(results))
    assert "]0;pwned" in answer.out
    assert "\x1b" not in answer.out
    answer = dlbench("show", "no\x1bsuch", "--results", str(results / "\x1b[31m"))
    assert "\x1b" not in answer.err


@pytest.mark.parametrize(("asked", "place"), [("latest~0", 2), ("latest~1", 1), ("latest~2", 0)])
def test_those_before_the_latest_are_counted_back(results, three_runs, asked, place):
    assert find(asked, results) == three_runs[place]


@pytest.mark.parametrize(
    "asked", ["latest~3", "latest~", "latest~x", "latest~-1", f"latest~{9**99}"]
)
def test_no_run_is_so_far_back(results, three_runs, asked):
    with pytest.raises(UsageError, match="no run in"):
        find(asked, results)

"""Two who measure at a time: the second waits, fails, or goes on, and both results say so."""

import json
import subprocess
import sys
from contextlib import nullcontext

import pytest

import dlbench
from dlbench.api import noise
from dlbench.api import run as api_run
from dlbench.api.alone import IGNORE, REFUSE, WAIT, measuring
from dlbench.errors import EXIT_USAGE, UsageError
from dlbench.machine import environment, occupancy
from dlbench.plan.targets import read_declarations
from dlbench.records.measurement import Notice, Progress
from dlbench.results.find import folders
from dlbench.results.folder import read_run
from fakes.machine import machine
from fakes.runs import ENVIRONMENT
from fakes.terminal import dlbench as typed
from fakes.workers import Stable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

HOLD = """
import sys
from dlbench.api.alone import measuring
with measuring("dlbench train", sys.argv[1]) as presence:
    print("held", flush=True)
    sys.stdin.read()
    print([one.what for one in presence.others()], flush=True)
"""

SUITE = """
about = "as small as a suite can be"

[targets]
backend = "numpy"
threads = 1

[sampling]
rigor = "quick"
blocks = 3
block_s = 0.001
warmup_s = 0.001

[[workload]]
kind = "matmul"
size = 8
"""


@pytest.fixture
def hold():
    """Let another process measure, until its input ends."""
    started = []

    def begin(other_runs=WAIT):
        command = [sys.executable, "-c", HOLD, other_runs]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


@pytest.fixture
def stable(monkeypatch):
    """Scripted workers, on a machine that is known."""
    scripted = Stable()
    monkeypatch.setattr(api_run, "Launcher", lambda *_, **__: nullcontext(scripted.launch))
    monkeypatch.setattr(environment, "capture", lambda _: ENVIRONMENT)
    return scripted


def told(notices):
    return [event.text for event in notices if isinstance(event, Notice)]


def test_nobody_waits_for_nobody():
    seen = []
    with measuring("dlbench run", WAIT, seen.append) as presence:
        assert presence.others() == ()
    assert seen == []


def test_the_second_waits_for_the_first_and_says_for_whom(hold):
    first, seen, done = hold(), [], []

    def watch(event):
        seen.append(event)
        if len(seen) == 1:
            done.append("told")
            first.communicate()

    with measuring("dlbench run", WAIT, watch, lambda: done.append("checked")):
        pass
    assert done == ["checked", "told"], "a mistake is found before it waits"
    waiting, ended = told(seen)
    assert waiting.startswith(f"Waiting until dlbench train (process {first.pid}, since 20")
    assert waiting.endswith("has ended; --no-lock measures beside it")
    assert ended == "It has ended"


def test_a_mistake_is_told_before_anybody_waits(hold, stable, tmp_path):
    hold()
    with pytest.raises(UsageError, match="unknown backend"):
        dlbench.run(backend="nummpy", results=tmp_path)


def test_who_waits_can_be_interrupted(hold):
    hold()

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), measuring("dlbench run", WAIT, interrupt):
        pytest.fail("it is held")


def test_a_killed_one_is_not_waited_for(hold):
    first = hold()
    first.kill()
    first.communicate()
    with measuring("dlbench run", REFUSE):
        pass


def test_who_does_not_want_to_wait_is_refused(hold):
    first = hold()
    with pytest.raises(UsageError) as refused, measuring("dlbench run", REFUSE):
        pytest.fail("it is held")
    assert str(first.pid) in refused.value.value
    assert refused.value.hint == "Wait until it has ended"


def test_who_ignores_the_lock_measures_beside_and_both_know(hold):
    first = hold()
    with measuring("dlbench run", IGNORE) as presence:
        assert [one.what for one in presence.others()] == ["dlbench train"]
    said, _ = first.communicate()
    assert said == b"['dlbench run']\n"


def test_who_ignores_the_lock_keeps_nobody_waiting(hold):
    hold(IGNORE)
    with measuring("dlbench run", REFUSE) as presence:
        assert [one.what for one in presence.others()] == ["dlbench train"]


def test_another_word_is_refused():
    with pytest.raises(UsageError, match=r"unknown other_runs: 'hope'.*wait, refuse, ignore"):
        measuring("dlbench run", "hope").__enter__()


def test_where_no_file_can_be_locked_it_is_told_and_measured(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("DLBENCH_CACHE", str(blocked / "cache"))
    seen = []
    with measuring("dlbench run", REFUSE, seen.append) as presence:
        assert presence.others() == ()
    [line] = told(seen)
    assert "is not noticed (Not a directory" in line


def test_the_noise_is_not_measured_beside_a_run(hold):
    hold()
    declared = machine(declarations=read_declarations(), installed=frozenset({"numpy"}))
    found = noise.measure(declared, ENVIRONMENT)
    assert "another dlbench measures on this machine" in found


# --- whole runs -----------------------------------------------------------------------------------


def test_both_records_say_so(hold, stable, suite, tmp_path):
    """The run that began first finds the other at its end."""
    second = []

    def watch(event):
        if not second and isinstance(event, Progress):
            second.append(hold(IGNORE))

    result = dlbench.run(suite, results=tmp_path / "results", progress=watch)
    [other] = second
    assert [one.process for one in result.run.beside] == [other.pid]
    assert other.communicate()[0] == b"['dlbench run']\n"
    stored = json.loads((result.folder / "run.json").read_text("utf-8"))
    assert [one["what"] for one in stored["beside"]] == ["dlbench train"]


def test_a_run_beside_another_says_so_in_its_head_and_above_its_tables(
    hold, stable, suite, tmp_path
):
    first = hold()
    answer = typed("run", str(suite), "--no-lock", "--results", str(tmp_path / "results"))
    assert answer.code == 0
    (folder,) = folders(tmp_path / "results")
    assert [one.process for one in read_run(folder).run.beside] == [first.pid]
    shown = " ".join(answer.out.split())
    assert "1 other dlbench command measured on this machine at the same time" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("run", "SUITE"),
        ("train", "iris", "--backend", "numpy"),
        ("hardware", "--backend", "numpy"),
        ("crossover", "--network", "iris", "--between", "numpy/float32", "--and", "numpy/float64"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_that_measures_fails_with_no_wait(hold, suite, tmp_path, words):
    hold()
    words = [str(suite) if word == "SUITE" else word for word in words]
    results = () if words[0] == "hardware" else ("--results", str(tmp_path / "results"))
    answer = typed(*words, "--no-wait", *results)
    assert answer.code == EXIT_USAGE
    assert "another dlbench measures on this machine: 'dlbench train (process" in answer.err
    assert folders(tmp_path / "results") == []


def test_both_options_do_not_go_together(suite):
    answer = typed("run", str(suite), "--no-wait", "--no-lock")
    assert answer.code == EXIT_USAGE
    assert "--no-wait and --no-lock do not go together" in answer.err


def test_the_locks_lie_in_the_cache_folder_of_a_test(tmp_path):
    """No test waits for another one, nor for the user's runs."""
    folder, _ = occupancy.place()
    assert folder != occupancy.SHARED

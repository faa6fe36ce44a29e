"""A run that is killed at any moment and resumed has the measurements of one that was not.

DLBENCH_KILLS is the number of kills, some in the usual tests and 60 in `nox -s kills`, which also
kills supervisors with real workers.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import psutil
import pytest

from dlbench.errors import EXIT_INTERRUPTED
from dlbench.harness import lifeline
from dlbench.results.find import folders
from dlbench.results.folder import read_run
from fakes import figures, killable

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")

KILLS = int(os.environ.get("DLBENCH_KILLS", "6"))
# Each run is killed so often, also while it is resumed, before it may end.
KILLS_OF_A_RUN = 3
# The moments are drawn from this seed.
SEED = 20261128
REAL_KILLS = 5
LOOK_S, LONG_S, ENDED_S, OBEYED_S = 0.02, 120.0, 3.0, 2.0

SUITE = """
about = "some rows, and repetitions"

[targets]
backend = "numpy"
dtype = ["float32", "float64"]
threads = 1

[sampling]
rigor = "quick"
generations = 3
blocks = 3
block_s = 0.001
warmup_s = 0.001
stretch_s = 0.01

[[workload]]
kind = "matmul"
size = [8, 16, 24]
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    path = tmp_path_factory.mktemp("suite") / "rows.toml"
    path.write_text(SUITE, encoding="utf-8")
    return path


class Supervisors:
    """Starts supervisors with fake workers, and kills them. cache: where they lock the machine."""

    def __init__(self, suite, cache):
        self.suite = suite
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            [sys.executable, killable.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={
                **os.environ,
                "PYTHONPATH": paths,
                "OPENBLAS_NUM_THREADS": "1",
                "DLBENCH_CACHE": str(cache),
            },
        )

    def measure(self, what, results, kill_at=None):
        """Run or resume; kill it at the event of this number. How it ended, and its events."""
        self.process.stdin.write(f"{what}\t{self.suite}\t{results}\n".encode())
        supervisor, events = int(self.process.stdout.readline()), 0
        while (said := self.process.stdout.read(1)) == b".":
            events += 1
            if events == kill_at:
                os.kill(supervisor, signal.SIGKILL)
        return said.decode(), events


@pytest.fixture(scope="module")
def supervisors(suite, tmp_path_factory):
    started = Supervisors(suite, tmp_path_factory.mktemp("cache"))
    yield started
    started.process.stdin.close()
    started.process.wait(LONG_S)
    started.process.stdout.close()


def outcomes(folder):
    """Every case of every repetition, with its status, as often as it is in the file."""
    lines = (folder / "measurements.jsonl").read_text(encoding="utf-8").splitlines()
    found = map(json.loads, lines)
    return Counter((one["case"], one["generation"], one["status"]) for one in found)


@pytest.fixture(scope="module")
def whole(supervisors, tmp_path_factory):
    """The outcomes of a run that nobody killed, and the number of its events."""
    results = tmp_path_factory.mktemp("whole")
    ended, events = supervisors.measure("run", results)
    assert ended == "e"
    (folder,) = folders(results)
    found = outcomes(folder)
    assert set(found.values()) == {1}
    assert len(found) == 3 * 3 * 3, "rows, repetitions, and two cases with a null"
    return found, events


@pytest.mark.parametrize("number", range(max(1, KILLS // KILLS_OF_A_RUN)))
def test_what_is_killed_and_resumed_measures_what_the_whole_does(
    supervisors, whole, tmp_path, number
):
    with figures.trial("kill", workers="fake") as noted:
        kill_and_resume(supervisors, whole, tmp_path, number, noted)


def kill_and_resume(supervisors, whole, tmp_path, number, noted):
    """Kill a run several times, resume it, and compare it with the whole one."""
    expected, events = whole
    moments = random.Random(f"{SEED}/{number}")
    what, killed = "run", 0
    for _ in range(KILLS_OF_A_RUN):
        ended, _ = supervisors.measure(what, tmp_path, moments.randint(2, events))
        killed += ended == "k"
        if found := folders(tmp_path):
            what = "resume"
            read_run(found[0])
    assert killed, "not one of the kills came before the end"
    noted["kills"] = killed
    before = (folders(tmp_path)[0] / "measurements.jsonl").read_bytes() if what == "resume" else b""
    ended, _ = supervisors.measure(what, tmp_path)
    assert ended == "e"
    (folder,) = folders(tmp_path)
    noted["lost"] = sum((expected - outcomes(folder)).values())
    noted["twice"] = sum((outcomes(folder) - expected).values())
    assert outcomes(folder) == expected
    after = (folder / "measurements.jsonl").read_bytes()
    kept = read_run(folder).seams[-1].kept if what == "resume" and read_run(folder).seams else 0
    first = before.split(b"\n")[:kept]
    assert after.split(b"\n")[:kept] == first, "byte for byte"
    assert read_run(folder).warnings == ()


# --- real workers ---------------------------------------------------------------------------------


def marked(mark):
    """The living processes with a mark in their environment."""
    found = psutil.process_iter(["environ", "status"])
    alive = (one for one in found if one.info["status"] != psutil.STATUS_ZOMBIE)
    return [one for one in alive if mark in (one.info["environ"] or {}).get("KILLED_BY", "")]


def wait_until(holds, limit_s):
    until = time.monotonic() + limit_s
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(LOOK_S)
    return held


def in_sessions(numbers):
    """The living processes of these sessions."""
    found = psutil.process_iter(["status"])
    alive = [one for one in found if one.info["status"] != psutil.STATUS_ZOMBIE]
    return [one for one in alive if session(one.pid) in numbers]


def session(process):
    """Its number; None of a process that has just ended."""
    try:
        return os.getsid(process)
    except ProcessLookupError:
        return None


def lines_in(results):
    return sum(file.read_bytes().count(b"\n") for file in results.rglob("measurements.jsonl"))


class RealRun:
    """A run with real workers. Its processes have a mark of this test, and its workers sessions."""

    def __init__(self, suite, folder):
        self.suite, self.results, self.mark = suite, folder / "results", str(folder)
        self.process = self.dlbench("run", suite)

    def dlbench(self, *words):
        environment = {**os.environ, "KILLED_BY": self.mark, "TMPDIR": self.mark}
        command = [sys.executable, "-m", "dlbench", *map(str, words)]
        command += ["--results", str(self.results)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)

    def await_lines(self, lines):
        """Wait for so many lines, and until workers are there; the sessions of the workers."""

        def has_begun():
            return lines_in(self.results) >= lines and len(self.workers()) > 1

        assert wait_until(has_begun, LONG_S)
        return {session(one.pid) for one in self.workers()}

    def workers(self):
        """The living processes that are neither the supervisor nor its keeper."""
        found = marked(self.mark)
        return [one for one in found if lifeline.MARK in (one.info["environ"] or {})]

    @property
    def folder(self):
        (folder,) = folders(self.results)
        return folder


@pytest.fixture
def real(suite, tmp_path):
    run = RealRun(suite, tmp_path)
    yield run
    run.process.kill()
    run.process.wait(LONG_S)


with_real_workers = pytest.mark.skipif(
    KILLS < REAL_KILLS * KILLS_OF_A_RUN, reason="only in: nox -s kills"
)


@with_real_workers
@pytest.mark.parametrize("lines", range(0, 4 * REAL_KILLS, 4))
def test_the_same_with_real_workers_and_no_process_is_left(real, tmp_path, lines):
    """It is killed when there are so many lines."""
    sessions = real.await_lines(lines)
    with figures.trial("kill", workers="real", kills=1) as noted:
        real.process.kill()
        real.process.wait(LONG_S)
        wait_until(lambda: not marked(real.mark), ENDED_S)
        noted["orphans"] = len({*marked(real.mark), *in_sessions(sessions)})
        assert marked(real.mark) == []
        assert in_sessions(sessions) == []
        assert wait_until(lambda: not list(tmp_path.glob("dlbench-*")), ENDED_S)
        assert real.dlbench("run", "--resume", "latest").wait(LONG_S) == 0
        found = outcomes(real.folder)
        noted["lost"] = 3 * 3 * 3 - len(found)
        noted["twice"] = sum(found.values()) - len(found)
        assert set(found.values()) == {1}
        assert len(found) == 3 * 3 * 3
        assert {status for _, _, status in found} == {"ok"}


@with_real_workers
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_asks_a_run_to_end_is_obeyed_in_two_seconds(real, tmp_path, number):
    sessions = real.await_lines(4)
    with figures.trial("signal", number=int(number)) as noted:
        began = time.monotonic()
        real.process.send_signal(number)
        wait_until(lambda: not in_sessions(sessions), OBEYED_S)
        noted["seconds"] = time.monotonic() - began
        assert in_sessions(sessions) == []
        assert real.process.wait(LONG_S) == EXIT_INTERRUPTED
        noted["orphans"] = len(marked(real.mark))
        assert marked(real.mark) == []
    assert list(tmp_path.glob("dlbench-*")) == []
    assert len(read_run(real.folder).measurements) >= 4

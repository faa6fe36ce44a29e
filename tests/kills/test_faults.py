"""Real processes that go wrong at any order: the others are measured, and no process is left.

Each fault is tried at one order in the usual tests, at all of them in `nox -s kills`. See
fakes/faulty.py for what goes wrong.
"""

import os
import sys
import time
from itertools import count

import msgspec
import pytest
from msgspec.structs import replace

from dlbench.errors import LONGEST_REASON
from dlbench.harness import family, fork_server, wire
from dlbench.harness.supervisor import process, verification
from dlbench.harness.supervisor.pool import MORE_TIME
from dlbench.harness.supervisor.process import WorkerProcess
from dlbench.harness.supervisor.run import Supervisor
from dlbench.harness.supervisor.training import TrainingPlan
from dlbench.machine import memory_limit
from dlbench.networks.base import named
from dlbench.parity.examples import EXAMPLES
from dlbench.records.measurement import Measurement
from dlbench.records.training import TrainingResult
from dlbench.records.verification import Worked
from fakes import faulty, figures
from fakes.clock import ToldClock
from fakes.faulty import FAULTS
from fakes.story import group, plan, target
from fakes.workers import tag_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit, copies, sessions")

# Statuses of what must fail; what may come out either way; and what harms nobody.
FAILS, ANY, FINE = {"failed"}, {"failed", "ok"}, {"ok"}
HANGS = ("hangs", "hangs and ignores signals", "spins", "is stopped", "hangs in a child")
HARMLESS = (
    *("prints much", "closes its log", "ignores signals", "leaves a child"),
    *("leaves a copy", "removes its folder"),
)
EXPECTED = {
    **dict.fromkeys(FAULTS, FAILS),
    **{fault: {"timed_out"} for fault in (*HANGS, "half a message")},
    **dict.fromkeys(HARMLESS, FINE),
    # a copy hangs up, and the process that it was copied from does not
    "hangs up": {"failed", "timed_out"},
    "refuses": {"skipped"},
    "lacks memory": {"out_of_memory"},
    "eats memory": {"out_of_memory"},
    "answers twice": ANY,
}
SILENT = [fault for fault, statuses in EXPECTED.items() if "timed_out" in statuses]

OF_A_RUN = ("start", "prepare", "check", "warm_up", "sustain", "turn", "renew", "release")
OF_A_TRAINING = ("start", "start_training", "train_epoch", "predict")
OF_A_VERIFICATION = ("start", "verify", "work_out")
ORDERS = [
    *(("run", order) for order in OF_A_RUN),
    *(("train", order) for order in OF_A_TRAINING),
    *(("verify", order) for order in OF_A_VERIFICATION),
]
# What is told after the result of the case: it cannot fail any more.
TOO_LATE = ("run", "release")

EVERYWHERE = int(os.environ.get("DLBENCH_KILLS", "0")) >= 15
TRIED = [
    (fault, *place)
    for number, fault in enumerate(FAULTS)
    for other, place in enumerate(ORDERS)
    if EVERYWHERE or other == number % len(ORDERS)
]

# A worker that will never answer is waited for so long; all others answer, or end, by themselves.
A_MOMENT_S, LONG_S = 0.2, 60.0
LIMIT_GIB = 1.0
# What a fault may cost beside that wait: on a machine that does much else.
MOST_LOST_S = 10.0


class Faulty(WorkerProcess):
    """A worker of the fake backend `bad`, or one with which nothing is wrong."""

    def __init__(self, fault, at, log, clock):
        command = (sys.executable, faulty.__file__, fault, at)
        paths = os.pathsep.join(path for path in sys.path if path)
        super().__init__({"PYTHONPATH": paths}, log, command, memory_gib=LIMIT_GIB)
        self.is_silent, self.at, self.clock = fault in SILENT, at, clock
        self.tag, self.lost_s = "", 0.0

    def tell(self, order):
        self.tag = tag_of(order)
        super().tell(order)

    def hear(self, timeout_s):
        began = time.monotonic()
        reply = super().hear(A_MOMENT_S if self.is_silent and self.tag == self.at else LONG_S)
        self.lost_s += (time.monotonic() - began) * (self.tag == self.at)
        self.clock.advance(float(self.tag == "turn"))
        return reply


class Launcher:
    """Starts workers; the first one of `bad` goes wrong, at an order."""

    def __init__(self, fault, at, folder):
        self.fault, self.at, self.folder = fault, at, folder
        self.clock, self.workers, self.numbers = ToldClock(), [], count()

    def __call__(self, target, slot=None, *, warm=False):
        is_bad = target.backend == "bad" and not self.of("bad")
        fault = self.fault if is_bad else faulty.WELL
        log = self.folder / f"{next(self.numbers)}.log"
        worker = Faulty(fault, self.at, log, self.clock)
        self.workers.append((target.backend, worker))
        renewable = fork_server.available() and target.backend == "bad"
        return worker, wire.Start(target, "/scratch", renewable=renewable)

    def of(self, backend):
        return [worker for name, worker in self.workers if name == backend]

    @property
    def lost_s(self):
        return self.of("bad")[0].lost_s

    def left(self):
        """The processes that are left of all workers."""
        return [one for _, worker in self.workers for one in family.marked(worker.mark)]


@pytest.fixture
def launcher(tmp_path, monkeypatch):
    """Make a launcher; what it has started is ended after the test."""
    monkeypatch.setattr(process, "GRACE_S", 1.0)
    made = []

    def make(fault, at):
        made.append(Launcher(fault, at, tmp_path))
        return made[-1]

    yield make
    for one in made:
        for _, worker in one.workers:
            worker.close()
            family.kill(family.marked(worker.mark))


def measured(launch):
    """The statuses and reasons of both backends in two rows."""
    rows = plan(group(1, "bad", "good"), group(2, "bad", "good"), blocks=4, renewals=1)
    events = list(Supervisor(rows, launch, launch.clock.seconds).measure())
    return [(one.case.split("/")[2], one) for one in events if isinstance(one, Measurement)]


def trained(launch):
    """The same of a training with two seeds."""
    network = replace(named("iris"), epochs=2)
    bad, good = target("bad"), target("good")
    events = TrainingPlan(network, rows=((1.0, 2.0, 3.0, 4.0),)).train([bad, good], [0, 1], launch)
    return [(one.target.backend, one) for one in events if isinstance(one, TrainingResult)]


def verified(launch):
    """The same of two networks and an example, whose worker is not started again."""
    orders = {
        name: wire.Verify(named(name), {"own": named(name).optimizer}, 0)
        for name in ("iris", "abalone")
    }
    example = next(iter(EXAMPLES))
    orders = {"iris": orders["iris"], example: wire.WorkOut(example), **orders}
    tasks = [verification.Task(target(name), orders) for name in ("bad", "good")]
    found = verification.verify(tasks, launch, 2, lambda _: None)
    return [(one.backend if isinstance(one, Worked) else one.target.backend, one) for one in found]


DO = {"run": measured, "train": trained, "verify": verified}


@pytest.mark.parametrize(("fault", "work", "at"), TRIED)
def test_a_fault_costs_its_own_case_alone(launcher, fault, work, at):
    launch = launcher(fault, at)
    with figures.trial("fault", fault=fault, work=work, order=at) as noted:
        judge(DO[work](launch), fault, work, at)
        assert launch.left() == []
        noted["lost_s"] = launch.lost_s
        assert launch.lost_s < A_MOMENT_S + MOST_LOST_S


def judge(found, fault, work, at):
    """What must be told, of the bad one and of the others."""
    good = [one.status for backend, one in found if backend == "good"]
    bad = [one for backend, one in found if backend == "bad"]
    assert len(good) == len(bad) >= 2
    assert set(good) == {"ok"}, [one.reason for _, one in found]
    hit = next((one for one in bad if one.status != "ok"), bad[0])
    expected = EXPECTED[fault] | (FINE if (work, at) == TOO_LATE else set())
    assert hit.status in expected
    if hit.status == "ok":
        assert {one.status for one in bad} == {"ok"}
    else:
        assert hit.reason
        assert len(hit.reason) <= LONGEST_REASON + len(f"; {MORE_TIME}")
    if at != "start" and work != "verify":
        assert sum(one.status != "ok" for one in bad) <= 1, "its next case is measured again"
    if work == "verify":  # nothing of it is stored
        return
    for _, one in found:
        assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one


def test_faults_are_as_many_as_is_said():
    assert len(FAULTS) >= 25
    assert set(EXPECTED) == set(FAULTS)
    assert {fault for fault, *_ in TRIED} == set(FAULTS)
    assert {(work, at) for _, work, at in TRIED} == set(ORDERS)
    assert memory_limit.available()

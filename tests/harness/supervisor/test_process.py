"""Real processes that go wrong in every way; see fakes/misbehaving.py.

A worker that hangs reads for ever and is waited for briefly; all others end, or answer, by
themselves, and their timeout is only there so that a broken test ends.
"""

import os
import queue
import select
import signal
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from dlbench.harness import fork_server, transport, wire
from dlbench.harness.parking import cpu_seconds
from dlbench.harness.supervisor import process
from dlbench.harness.supervisor.log import FIRST_BYTES, LAST_BYTES, WORDS_LINES
from dlbench.harness.supervisor.process import WorkerProcess
from dlbench.machine import memory_limit
from dlbench.records.case import Target, Work, Workload
from dlbench.records.plan import Sampling
from fakes import misbehaving

MISBEHAVING = misbehaving.__file__
START = wire.Start(Target("fake", "cpu", "eager", "float32", 2), "/scratch")
WORKLOAD = Workload("matmul", {"m": 4, "n": 3, "k": 2}, Work(48, 26))
A_MOMENT_S = 0.01
LONG_S = 30.0

UNREADABLE = "unreadable answer from the worker process"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "worker.log"


@pytest.fixture
def launch(log):
    """Start workers, which are closed after the test."""
    workers = []

    def start(behaviour, told_by="", log=log, memory_gib=None):
        command = (sys.executable, MISBEHAVING, behaviour.__name__)
        workers.append(WorkerProcess({"TOLD_BY": told_by}, log, command, None, memory_gib))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()


def ask(worker, order=START, timeout_s=LONG_S):
    worker.tell(order)
    return worker.hear(timeout_s)


# --- what goes wrong ----------------------------------------------------------------------------

DIED = "the worker process died with"


@pytest.mark.parametrize(
    ("behaviour", "status", "reason"),
    [
        (
            misbehaving.raise_at_import,
            "failed",
            f"{DIED} exit code 1: ImportError: libcuda.so.1: cannot open shared object file",
        ),
        (
            misbehaving.print_before_the_wire,
            "failed",
            f"{UNREADABLE}: a message of 1668048215 bytes was announced",
        ),
        (
            misbehaving.speak_rubbish,
            "failed",
            f"{UNREADABLE}: a message could not be decoded",
        ),
        (misbehaving.tear_a_message, "failed", f"{DIED} exit code 1: the disk is full"),
        (misbehaving.exit_with_words, "failed", f"{DIED} exit code 7: Goodbye."),
        (misbehaving.exit_without_a_word, "failed", f"{DIED} exit code 7"),
        (misbehaving.be_killed, "failed", "the worker process was killed from outside (SIGKILL)"),
        (misbehaving.die_before_its_child, "failed", f"{DIED} exit code 3: I leave a child"),
        (misbehaving.nest_deeply, "failed", f"{UNREADABLE}: a message could not be decoded"),
        (misbehaving.say_no_text, "failed", f"{UNREADABLE}: a message could not be decoded"),
        (misbehaving.measure_for_ever, "failed", f"{UNREADABLE}: a message could not be decoded"),
        (misbehaving.claim_the_first_process, "failed", f"{UNREADABLE}: process 1 is no copy"),
        (misbehaving.claim_no_process, "failed", f"{UNREADABLE}: process {2**40} is no copy"),
        (misbehaving.crash, "failed", f"{DIED} signal 11"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_whatever_a_worker_does_is_heard_as_a_failure(launch, behaviour, status, reason):
    worker = launch(behaviour)
    failed = ask(worker)
    assert failed.status == status
    assert failed.reason.startswith(reason)
    assert not worker.alive


def test_a_worker_that_hangs_is_given_up(launch):
    worker = launch(misbehaving.hang)
    failed = ask(worker, timeout_s=A_MOMENT_S)
    assert failed.status == "timed_out"
    assert failed.reason == "no answer from the worker process within 0.01 s"
    assert not worker.alive


def test_a_worker_that_hangs_up_and_lives_on_is_ended(launch, monkeypatch):
    monkeypatch.setattr(process, "GRACE_S", A_MOMENT_S)
    worker = launch(misbehaving.hang_up)
    failed = ask(worker)
    assert failed == wire.Failed(
        "failed", "the worker process closed its connection but did not end"
    )
    assert not worker.alive


def test_a_worker_that_refuses_is_heard_and_lives_on(launch):
    worker = launch(misbehaving.refuse)
    refused = wire.Failed("skipped", "there is no such device")
    assert [ask(worker), ask(worker)] == [refused, refused]
    assert worker.alive


def test_that_a_worker_has_died_is_noticed_when_it_is_heard(launch):
    worker = launch(misbehaving.raise_at_import)
    worker._process.wait(LONG_S)
    worker.tell(START)
    assert worker.alive
    assert worker.hear(LONG_S).status == "failed"
    assert not worker.alive


@pytest.mark.parametrize(
    ("told", "status", "words"),
    [
        (True, "out_of_memory", "the system killed the worker process"),
        (False, "failed", "the worker process was killed from outside (SIGKILL)"),
        (None, "failed", "(SIGKILL); perhaps memory ran out: the system does not tell"),
    ],
)
def test_only_the_kernels_count_makes_a_kill_a_lack_of_memory(
    launch, monkeypatch, told, status, words
):
    monkeypatch.setattr(process.OOM_KILLS, "is_new", lambda: told)
    failed = ask(launch(misbehaving.be_killed))
    assert failed.status == status
    assert failed.reason.endswith(words)


with_limits = pytest.mark.skipif(not memory_limit.available(), reason="there are no limits")
LIMIT_GIB = 0.25
NAMED = f"; --memory-limit is {LIMIT_GIB} GiB of the host's memory"


@with_limits
@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (misbehaving.eat_memory, f"{DIED} exit code 1: MemoryError{NAMED}"),
        (
            misbehaving.end_as_cpp_does,
            f"{DIED} signal 6: {misbehaving.CPP}{NAMED}",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_worker_that_eats_memory_ends_at_its_limit(launch, behaviour, reason):
    worker = launch(behaviour, memory_gib=LIMIT_GIB)
    assert ask(worker) == wire.Failed("out_of_memory", reason)
    assert not worker.alive


@with_limits
def test_what_a_worker_starts_has_the_same_limit(launch):
    worker = launch(misbehaving.let_a_child_eat_memory, memory_gib=LIMIT_GIB)
    assert ask(worker).facts == {"child": "MemoryError"}


def test_without_a_limit_its_words_are_no_lack_of_memory(launch):
    failed = ask(launch(misbehaving.end_as_cpp_does))
    assert (failed.status, "--memory-limit" in failed.reason) == ("failed", False)


@with_limits
def test_another_failure_is_no_lack_of_memory(launch):
    failed = ask(launch(misbehaving.exit_with_words, memory_gib=LIMIT_GIB))
    assert failed == wire.Failed("failed", f"{DIED} exit code 7: Goodbye.")


class Slow:
    """A queue without an answer, in a process that is stopped in the first wait of all."""

    def __init__(self, answer):
        self.answer, self.waits = answer, []

    def get(self, timeout):
        self.waits.append(timeout)
        if len(self.waits) > 2:
            return self.answer
        raise queue.Empty

    def put(self, reply):
        """What the listening thread hears at the end."""


def test_the_time_in_which_the_supervisor_is_stopped_does_not_count(launch):
    """Each wait counts as it was asked for, however long it was on the clock."""
    worker = launch(misbehaving.hang)
    worker._replies = Slow(wire.Ready())
    assert worker.hear(3 * process.LOOK_S) == wire.Ready()
    assert worker._replies.waits == [process.LOOK_S] * 3


def test_after_the_time_limit_there_is_one_more_look(launch):
    worker = launch(misbehaving.hang)
    worker._replies = Slow(wire.Ready())
    assert worker.hear(2 * process.LOOK_S) == wire.Ready()
    assert worker._replies.waits == [process.LOOK_S] * 2 + [process.LAST_LOOK_S]


def test_whatever_the_listening_thread_meets_is_heard(launch, monkeypatch):
    def receive(_):
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(transport, "receive_reply", receive)
    assert "a mistake of ours" in ask(launch(misbehaving.answer)).reason


def test_the_words_of_a_worker_without_a_log_are_lost(launch):
    failed = ask(launch(misbehaving.exit_with_words, log=None))
    assert failed.reason == f"{DIED} exit code 7"


def test_words_of_long_ago_are_not_the_last(launch, log):
    log.write_text("an old line\n" + "\n" * WORDS_LINES, encoding="utf-8")
    failed = ask(launch(misbehaving.exit_without_a_word))
    assert failed.reason == f"{DIED} exit code 7"


def test_words_of_the_worker_before_are_not_its_own(launch, log):
    log.write_text("the card fell off the bus\n", encoding="utf-8")
    failed = ask(launch(misbehaving.exit_without_a_word))
    assert failed.reason == f"{DIED} exit code 7"


def test_a_log_in_no_known_encoding_is_read_all_the_same(launch):
    failed = ask(launch(misbehaving.exit_with_strange_words))
    assert failed.reason == f"{DIED} exit code 7: caf\ufffd"


# --- what goes well -----------------------------------------------------------------------------


def test_a_worker_answers_what_it_is_told_order_by_order(launch):
    worker = launch(misbehaving.answer, told_by="the supervisor")
    for _ in range(3):
        facts = ask(worker).facts
        assert facts == {"told": START.target.id, "told_by": "the supervisor"}


def test_workers_may_be_told_first_and_heard_later(launch):
    workers = [launch(misbehaving.answer, told_by=str(number)) for number in range(2)]
    for worker in workers:
        worker.tell(START)
    heard = [worker.hear(LONG_S).facts["told_by"] for worker in reversed(workers)]
    assert heard == ["1", "0"]


def test_what_a_worker_prints_is_in_its_log_and_not_on_the_wire(launch, log):
    worker = launch(misbehaving.chatter)
    replies = [ask(worker) for _ in range(2)]
    worker.close()
    assert replies == [wire.Ready({"told": START.target.id})] * 2
    printed = log.read_text(encoding="utf-8")
    assert len(printed) < FIRST_BYTES + LAST_BYTES + 100
    printed_twice = ["x" * 500_000, "y" * 500_000, "a child has something to say\n"]
    assert [printed.count(text) for text in printed_twice] == [2, 2, 2]


def test_a_log_is_gone_on_with_and_not_begun_anew(launch, log):
    log.write_text("the worker before\n", encoding="utf-8")
    ask(launch(misbehaving.exit_with_words))
    assert log.read_text(encoding="utf-8").startswith("the worker before\nIt was nice")


def test_the_real_worker_is_the_default():
    numpy = wire.Start(Target("numpy", "cpu", "eager", "float32", 1), "/scratch")
    with closing(WorkerProcess({"OMP_NUM_THREADS": "1"})) as worker:
        assert "numpy" in ask(worker, numpy).facts


# --- copies -------------------------------------------------------------------------------------

RENEWABLE = wire.Start(Target("numpy", "cpu", "eager", "float32", 1), "/scratch", renewable=True)
PREPARE = wire.Prepare("case", WORKLOAD, {}, seed=0)
no_copies = pytest.mark.skipif(not fork_server.available(), reason="copies are made on Linux alone")


@pytest.fixture
def copied():
    """The real worker, which answers by copies of itself."""
    with closing(WorkerProcess({"OMP_NUM_THREADS": "1"})) as worker:
        yield worker


@no_copies
def test_a_renewed_worker_is_another_process_that_knows_no_case(copied):
    first = ask(copied, RENEWABLE)
    assert isinstance(ask(copied, PREPARE), wire.Prepared)
    warm_up = wire.WarmUp("case", Sampling(block_s=0.001, warmup_s=0.001))
    assert isinstance(ask(copied, warm_up), wire.Warm)
    second = ask(copied, wire.Renew())
    assert first.facts == second.facts
    assert len({first.process, second.process, copied._process.pid}) == 3
    assert ask(copied, wire.Turn("case", 0.0, 1)).reason == "KeyError: 'case'"
    assert isinstance(ask(copied, PREPARE), wire.Prepared)


@no_copies
def test_the_copy_is_parked_and_its_time_is_counted(copied):
    for order in (RENEWABLE, wire.Renew()):
        copy = psutil.Process(ask(copied, order).process)
        ask(copied, PREPARE)
        copied.park()
        assert {thread.status for thread in states(copy)} == {"T"}
        used_s = [copied.cpu_s() for _ in range(100)]
        assert used_s == [cpu_seconds(copy.pid)] * 100
        assert used_s[0] > 0
        copied.resume()


@no_copies
def test_no_copy_outlives_its_worker(copied):
    first = ask(copied, RENEWABLE).process
    second = ask(copied, wire.Renew()).process
    copied.park()
    copied.close()
    assert not psutil.pid_exists(first)
    assert not psutil.pid_exists(second)
    assert copied._process.returncode is not None


@no_copies
def test_a_worker_can_be_closed_while_it_is_renewed(copied):
    ask(copied, RENEWABLE)
    copied.tell(wire.Renew())
    copied.close()
    heard = copied._replies.get(timeout=LONG_S)
    while heard is not None:  # the wire ends when the last process that holds it does
        heard = copied._replies.get(timeout=LONG_S)
    assert copied._process.returncode is not None


@no_copies
def test_a_copy_that_is_killed_is_heard_as_such(copied, monkeypatch):
    monkeypatch.setattr(process.OOM_KILLS, "is_new", lambda: True)
    os.kill(ask(copied, RENEWABLE).process, signal.SIGKILL)
    assert ask(copied, PREPARE) == wire.Failed(
        "out_of_memory", "the system killed the worker process"
    )


def states(process):
    """Every thread of it with its state, as the kernel says it."""
    found = []
    for thread in process.threads():
        stat = Path(f"/proc/{process.pid}/task/{thread.id}/stat").read_text(encoding="ascii")
        found.append(SimpleNamespace(id=thread.id, status=stat.rpartition(") ")[2][0]))
    return found


# --- parking ------------------------------------------------------------------------------------


def test_a_parked_worker_uses_no_time_and_answers_when_it_is_resumed(launch):
    worker = launch(misbehaving.spin)
    assert ask(worker) == wire.Ready()
    worker.park()
    used_s = [worker.cpu_s() for _ in range(100)]
    assert used_s[0] is not None
    assert len(set(used_s)) == 1
    worker.tell(START)
    worker.resume()
    assert worker.hear(LONG_S) == wire.Ready()


def test_a_worker_says_how_it_is_parked(launch):
    assert "SIGSTOP" in launch(misbehaving.answer).parking()


def test_a_parked_worker_can_be_closed(launch):
    worker = launch(misbehaving.hang)
    worker.park()
    worker.close()
    assert worker._process.returncode is not None
    worker.park()
    worker.resume()


# --- the end ------------------------------------------------------------------------------------


def test_a_worker_has_a_folder_of_its_own_until_its_end(launch):
    worker = launch(misbehaving.answer)
    scratch = Path(worker.scratch.name)
    (scratch / "cache").mkdir()
    (scratch / "cache" / "kernel.so").touch()
    worker.close()
    assert not scratch.exists()


def test_closing_ends_the_process_once_and_for_all(launch):
    worker = launch(misbehaving.hang)
    for _ in range(2):
        worker.close()
        assert not worker.alive
        assert worker._process.returncode is not None


def test_closing_ends_what_the_worker_has_started(launch, tmp_path):
    held = tmp_path / "held"
    os.mkfifo(held)
    with closing(os.fdopen(os.open(held, os.O_RDONLY | os.O_NONBLOCK), "rb")) as fifo:
        worker = launch(misbehaving.leave_a_child, told_by=str(held))
        assert ask(worker) == wire.Ready()
        worker.close()
        readable, _, _ = select.select([fifo], [], [], LONG_S)
        assert readable, "the child still holds the file"
        assert fifo.read() == b""

"""A supervisor with one worker that has started another process, in the way that a word names.

Each process writes a line with its id into a file when it is there. None of them ends by itself,
but for an alarm, should a test not end them.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from dlbench.harness import family, lifeline, stdio, transport, wire
from dlbench.harness.keeper import Keeper
from dlbench.harness.supervisor.process import WorkerProcess
from dlbench.records.case import Target

START = wire.Start(Target("fake", "cpu", "eager", "float32", 1), "/scratch")
LONG_S = 60

# The supervisor has forked another process, which lives on.
FORKED = "beside a fork"
# The worker is copied, and the copy is parked.
COPIED = "copied"


def supervise(way, file):
    """Start the worker, hear it, park it; then compute for ever, or stop."""
    keeper = Keeper()
    worker = (copied if way == COPIED else started_another)(way, file, keeper)
    if way != "busy":
        worker.park()
    if way == FORKED and os.fork() == 0:
        sys.stdin.read()  # with the keeper's pipe open
        os._exit(0)
    (Path(keeper.folder.name) / "kernel.so").touch()
    os.write(1, f"{keeper.folder.name}\n".encode())
    sys.stdin.read()
    worker.close()
    keeper.close()


def started_another(way, file, keeper):
    """A worker that has started another process."""
    command = (sys.executable, __file__, "work", way, file)
    worker = WorkerProcess({}, command=command, keeper=keeper)
    worker.tell(START)
    assert worker.hear(LONG_S) == wire.Ready()
    return worker


def copied(_, file, keeper):
    """The real worker, which answers by a copy of itself."""
    worker = WorkerProcess({"OMP_NUM_THREADS": "1"}, keeper=keeper)
    numpy = Target("numpy", "cpu", "eager", "float32", 1)
    worker.tell(wire.Start(numpy, "/scratch", renewable=True))
    copy = worker.hear(LONG_S).process
    Path(file).write_text(f"{worker._process.pid}\n{copy}\n", encoding="ascii")
    return worker


def work(way, file):
    """Start another process, answer the first order, and wait for the next."""
    lifeline.hold()
    orders, replies = stdio.take_over_standard_streams()
    transport.receive_order(orders)
    note(file)
    WAYS[way](file)
    transport.send(replies, wire.Ready())
    while way == "busy":
        pass
    transport.receive_order(orders)
    family.end_own()


def note(file):
    with open(file, "a", encoding="ascii") as stream:
        stream.write(f"{os.getpid()}\n")


def started(file, **options):
    """Start a process that ignores whatever can be ignored; wait until it is there."""
    command = (sys.executable, __file__, "live", "on", file)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
    child.stdout.readline()
    return child


def unmarked():
    """The environment without the mark of the worker."""
    return {name: value for name, value in os.environ.items() if name != lifeline.MARK}


def daemonise(file):
    """Let a child start it, in a session of its own, and end."""
    if os.fork() == 0:
        started(file, start_new_session=True, env=unmarked())
        os._exit(0)
    os.wait()


def live(_, file):
    """Live on."""
    signal.alarm(LONG_S)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    note(file)
    os.write(1, b"there\n")
    while True:
        signal.pause()


WAYS = {
    "in its group": started,
    "in a session of its own": lambda file: started(file, start_new_session=True),
    "in an environment of its own": lambda file: started(file, env=unmarked()),
    "with nothing of the worker": lambda file: started(
        file, env=unmarked(), start_new_session=True
    ),
    "as a daemon": daemonise,
    "stopped": lambda file: os.kill(started(file, start_new_session=True).pid, signal.SIGSTOP),
    "busy": started,
    FORKED: started,
}

if __name__ == "__main__":
    {"supervise": supervise, "work": work, "live": live}[sys.argv[1]](*sys.argv[2:])

"""A worker that answers well, and at one order goes wrong in the way that its argument names.

`faulty.py FAULT ORDER`: a fault of FAULTS, and the name of an order on the wire. Nothing here waits
for time to pass: what hangs, is ended by its supervisor.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

from dlbench.harness import fork_server, lifeline, stdio, transport, wire
from dlbench.harness.wire import Failed, Ready
from dlbench.records.training import EpochResult
from fakes.workers import Stable, tag_of

WELL = "well"
LONG_S = 60
MEGABYTE = b"x" * 2**20


def main(fault, at):
    """Serve, as worker/serving.py does."""
    lifeline.hold()
    orders, replies = stdio.take_over_standard_streams()
    numbers = count(1)
    while (order := transport.receive_order(orders)) is not None:
        is_wrong = fault in FAULTS and tag_of(order) == at and is_first()
        instead = FAULTS[fault](replies, order) if is_wrong else None
        if isinstance(order, wire.Renew) and instead is None:
            fork_server.give_way()
        is_renewable = isinstance(order, wire.Start) and order.renewable
        if is_renewable and instead is None and fork_server.serve():
            instead = Ready(process=os.getpid())
        transport.send(replies, instead or well(order, numbers))


def is_first():
    """Whether neither this worker nor a copy of it has gone wrong before."""
    try:
        os.close(os.open(Path(os.environ["TMPDIR"], "gone-wrong"), os.O_CREAT | os.O_EXCL))
    except OSError:
        return False
    return True


def well(order, numbers):
    """The answer of a worker with which nothing is wrong."""
    match order:
        case wire.Start():
            return Ready()
        case wire.Verify():
            return wire.Verified(Stable().well(wire.Check("")).parity)
        case wire.WorkOut():
            from dlbench.parity.examples import EXAMPLES

            return wire.WorkedOut(tuple(EXAMPLES[order.example].expected.ravel().tolist()))
        case wire.TrainEpoch():
            return wire.EpochTrained(EpochResult(next(numbers), 1.0, 0.5, None, None))
        case wire.Predict():
            return wire.Predicted(((0.25, 0.75),) * len(order.rows))
    return Stable().well(order)


# --- answers that are failures --------------------------------------------------------------------


def refuse(*_):
    return Failed("skipped", "there is no such device")


def fail(*_):
    return Failed("failed", "ValueError: shapes do not match")


def lack_memory(*_):
    return Failed("out_of_memory", "MemoryError: 8 EiB")


def complain_at_length(*_):
    return Failed("failed", "\x1b[2J" + "x" * 10**6)


# --- deaths ---------------------------------------------------------------------------------------


def raise_an_error(*_):
    raise RuntimeError("the card fell off the bus")


def exit_well(*_):
    os._exit(0)


def exit_with_words(*_):
    os.write(2, b"caf\xe9: Goodbye.\n")
    os._exit(7)


def exit_after_a_flood(*_):
    for _ in range(5):
        os.write(2, MEGABYTE)
    os._exit(7)


def die_of(number):
    def die(*_):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    return die


def be_killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def eat_memory(*_):
    eaten = []
    while True:
        eaten.append(bytearray(16 * 2**20))


def die_before_a_child(replies, _):
    """Die while a child, in a session of its own, holds the wire."""
    live_on_elsewhere()
    os._exit(3)


# --- silence --------------------------------------------------------------------------------------


def hang(*_):
    while True:
        signal.pause()


def hang_and_ignore(*_):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    hang()


def spin(*_):
    while True:
        pass


def be_stopped(*_):
    os.kill(os.getpid(), signal.SIGSTOP)
    hang()


def hang_in_a_child(*_):
    subprocess.run([sys.executable, "-c", "import signal; signal.pause()"], check=False)


def say_half(replies, _):
    replies.write(b"\x40\0\0\0half of it")
    replies.flush()
    hang()


# --- nonsense -------------------------------------------------------------------------------------


def say(body, length=None):
    def speak(replies, _):
        size = len(body) if length is None else length
        replies.write(size.to_bytes(4, "little") + body)
        replies.flush()
        hang()

    return speak


def say_half_and_exit(replies, _):
    replies.write(b"\x40\0\0\0half of it")
    replies.flush()
    os._exit(0)


def print_on_the_wire(replies, _):
    replies.write(b"Welcome to a library that prints at import.\n")
    replies.flush()
    hang()


def hang_up(replies, _):
    replies.close()
    hang()


def answer_another_order(_, order):
    return wire.Predicted(()) if not isinstance(order, wire.Predict) else wire.Warm(())


def claim_the_first_process(*_):
    return Ready(process=1)


def answer_twice(replies, order):
    reply = well(order, count(1))
    transport.send(replies, reply)
    return reply


# --- what harms nobody ----------------------------------------------------------------------------


def print_much(*_):
    for descriptor in (1, 2):
        os.write(descriptor, MEGABYTE)


def close_its_log(*_):
    os.close(2)


def ignore_signals(*_):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def leave_a_child(*_):
    subprocess.Popen(["sleep", str(LONG_S)], start_new_session=True)


def live_on_elsewhere(*_):
    """Leave a copy of itself in a session of its own, which holds all that it holds."""
    if os.fork() == 0:
        os.setsid()
        signal.alarm(LONG_S)
        hang()


def remove_its_folder(*_):
    shutil.rmtree(os.environ["TMPDIR"])


DEEP, NO_TEXT = b"\x91" * 100_000, b"\x82\xa4type\xa6failed\xa6reason\xa1\xff"
INFINITE = b"\x82\xa4type\xa8prepared\xa7calls_s\x91\xcb\x7f\xf0" + bytes(6)
NOT_A_NUMBER = b"\x82\xa4type\xa8prepared\xa7calls_s\x91\xcb\x7f\xf8" + bytes(6)
UNKNOWN_TAG = b"\x81\xa4type\xa5hello"

FAULTS = {
    "refuses": refuse,
    "fails": fail,
    "lacks memory": lack_memory,
    "complains at length": complain_at_length,
    "raises": raise_an_error,
    "exits well": exit_well,
    "exits with words": exit_with_words,
    "exits after a flood": exit_after_a_flood,
    "segfault": die_of(signal.SIGSEGV),
    "abort": die_of(signal.SIGABRT),
    "SIGTERM": die_of(signal.SIGTERM),
    "SIGKILL": be_killed,
    "eats memory": eat_memory,
    "dies before a child": die_before_a_child,
    "hangs": hang,
    "hangs and ignores signals": hang_and_ignore,
    "spins": spin,
    "is stopped": be_stopped,
    "hangs in a child": hang_in_a_child,
    "half a message": say_half,
    "half a message and exit": say_half_and_exit,
    "prints on the wire": print_on_the_wire,
    "a huge length": say(b"", 2**32 - 1),
    "no message": say(b"what"),
    "an unknown message": say(UNKNOWN_TAG),
    "lists in lists": say(DEEP),
    "no text": say(NO_TEXT),
    "an infinite time": say(INFINITE),
    "no number": say(NOT_A_NUMBER),
    "hangs up": hang_up,
    "another answer": answer_another_order,
    "claims process 1": claim_the_first_process,
    "answers twice": answer_twice,
    "prints much": print_much,
    "closes its log": close_its_log,
    "ignores signals": ignore_signals,
    "leaves a child": leave_a_child,
    "leaves a copy": live_on_elsewhere,
    "removes its folder": remove_its_folder,
}

if __name__ == "__main__":
    main(*sys.argv[1:])

"""A worker process that goes wrong in the way that its argument names.

Nothing here waits for time to pass: what hangs, reads until its supervisor closes the wire.
"""

import os
import resource
import signal
import sys
from threading import Thread

from dlbench.harness import stdio, transport
from dlbench.harness.wire import Failed, Ready, Start

CPP = "terminate called after throwing an instance of 'std::bad_alloc'"
HELLO = b"Welcome! This machine is watched over by a sitecustomize.\n"


def raise_at_import():
    raise ImportError("libcuda.so.1: cannot open shared object file")


def print_before_the_wire():
    os.write(1, HELLO)
    until_the_end()


def speak_rubbish():
    _, replies = hear_one_order()
    replies.write(b"\x04\0\0\0what")
    replies.flush()
    until_the_end()


def tear_a_message():
    _, replies = hear_one_order()
    replies.write(b"\x40\0\0\0half of it")
    replies.close()
    sys.exit("the disk is full")


def nest_deeply():
    """Send a message of so many lists in each other that no decoder follows."""
    say(b"\x91" * 100_000)


def say_no_text():
    say(b"\x82\xa4type\xa6failed\xa6reason\xa1\xff")


def measure_for_ever():
    """Send a number that no JSON can hold: an infinite time."""
    say(b"\x82\xa4type\xa8prepared\xa7calls_s\x91\xcb\x7f\xf0" + bytes(6))


def claim_the_first_process():
    serve(lambda _: Ready(process=1))


def claim_no_process():
    serve(lambda _: Ready(process=2**40))


def say(body):
    """Send this in place of a message."""
    _, replies = hear_one_order()
    replies.write(len(body).to_bytes(4, "little") + body)
    replies.flush()
    until_the_end()


def die_before_its_child():
    """Die while a child, in a session of its own, holds the wire."""
    hear_one_order()
    if os.fork() == 0:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the log ends with the worker
        signal.alarm(20)
        signal.pause()
    os.write(2, b"I leave a child\n")
    sys.exit(3)


def hang():
    until_the_end()


def eat_memory():
    """Take more and more memory, and write into it."""
    hear_one_order()
    eaten = []
    while True:
        eaten.append(bytearray(16 * 2**20))


def let_a_child_eat_memory():
    """Answer; at the next order a child does so, with the limit of its parent."""
    _, replies = hear_one_order()
    import subprocess

    words = "eaten = []\nwhile True: eaten.append(bytearray(2**24))"
    child = subprocess.run([sys.executable, "-c", words], stderr=subprocess.PIPE, check=False)
    transport.send(replies, Ready({"child": child.stderr.decode().split()[-1]}))
    until_the_end()


def end_as_cpp_does():
    """Abort as a C++ program whose memory was refused."""
    hear_one_order()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.write(2, CPP.encode() + b"\n")
    os.kill(os.getpid(), signal.SIGABRT)


def hang_up():
    """Close the wire, and live on."""
    os.close(1)
    until_the_end()


def exit_with_words():
    hear_one_order()
    sys.stdout.write("It was nice to be here.\n   Goodbye.\n\n")
    sys.exit(7)


def exit_with_strange_words():
    hear_one_order()
    os.write(2, b"caf\xe9\n")
    sys.exit(7)


def exit_without_a_word():
    hear_one_order()
    sys.exit(7)


def be_killed():
    hear_one_order()
    os.kill(os.getpid(), signal.SIGKILL)


def crash():
    hear_one_order()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), signal.SIGSEGV)


def refuse():
    """A worker that is well brought up, and cannot do what it is told."""
    serve(lambda _: Failed("skipped", "there is no such device"))


def answer():
    """Say what it was told, and in which environment it lives."""
    serve(lambda order: Ready({"told": order.target.id, "told_by": os.environ["TOLD_BY"]}))


def chatter():
    """Answer every order, and print a megabyte before and after."""

    def chat(order: Start) -> Ready:
        print("x" * 500_000)  # noqa: T201
        os.write(1, b"y" * 500_000 + b"\n")
        os.system("echo a child has something to say")
        return Ready({"told": order.target.id})

    serve(chat)


def spin():
    """Answer, with a thread beside that spins, as a framework's pool does."""
    Thread(target=go_round, daemon=True).start()
    serve(lambda _: Ready())


def go_round():
    while True:
        pass


def leave_a_child():
    """Answer, and leave a child behind that holds the file that it was told."""
    _, replies = hear_one_order()
    if os.fork() == 0:
        with open(os.environ["TOLD_BY"], "wb"):
            transport.send(replies, Ready())
            signal.alarm(60)  # should nobody end it
            signal.pause()
    until_the_end()


def hear_one_order():
    orders, replies = stdio.take_over_standard_streams()
    assert transport.receive_order(orders) is not None
    KEPT.append(orders)
    return orders, replies


def serve(reply_to):
    orders, replies = stdio.take_over_standard_streams()
    while (order := transport.receive_order(orders)) is not None:
        transport.send(replies, reply_to(order))


def until_the_end():
    (KEPT or [sys.stdin.buffer])[0].read()


KEPT = []

if __name__ == "__main__":
    globals()[sys.argv[1]]()

"""A request to end is treated like Ctrl-C, unless it was ignored from the start."""

import os
import signal
import subprocess
import sys

import pytest

from dlbench import __main__
from dlbench.commands.base import command_line, end_in_order
from dlbench.machine import environment

SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(params=SIGNALS, ids=lambda number: number.name)
def number(request):
    """A signal, whose handling is restored after the test."""
    before = signal.getsignal(request.param)
    yield request.param
    signal.signal(request.param, before)


def test_a_request_to_end_interrupts(number):
    signal.signal(number, signal.SIG_DFL)
    end_in_order()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


def test_a_signal_that_is_ignored_stays_ignored_as_nohup_wants_it(number):
    signal.signal(number, signal.SIG_IGN)
    end_in_order()
    os.kill(os.getpid(), number)
    assert signal.getsignal(number) is signal.SIG_IGN


def test_a_second_signal_does_not_change_the_exit_code_of_what_has_ended(monkeypatch):
    ignored = {}
    monkeypatch.setattr(signal, "signal", ignored.__setitem__)
    __main__._end_undisturbed()
    assert set(SIGNALS) | {signal.SIGINT} == set(ignored)
    assert set(ignored.values()) == {signal.SIG_IGN}


def test_a_command_line_of_any_bytes_can_be_written_into_a_file(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["dlbench", "run", "--results", "q\udcff", "\udcc3\udca9"])
    assert command_line() == "dlbench run --results 'q\N{REPLACEMENT CHARACTER}' 'é'"


def test_so_can_variables_of_any_bytes(monkeypatch):
    monkeypatch.setenv("OMP_FOO", "\udcff")
    variables = environment.capture({}).variables
    assert variables["OMP_FOO"] == "\N{REPLACEMENT CHARACTER}"


terminals = pytest.mark.skipif(os.name != "posix", reason="there are no such terminals")

# It makes the terminal its own, and writes to it when that has been closed.
CLOSED = """
import fcntl, signal, sys, termios
from dlbench.commands.base import end_in_order
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
for number in (signal.SIGHUP, signal.SIGTERM):  # under nohup, the tests have inherited "ignored"
    signal.signal(number, signal.SIG_DFL)
end_in_order()
try:
    print("ready", flush=True)
    signal.pause()
except KeyboardInterrupt:
    print("x" * 100_000, flush=True)
    print("x" * 100_000, file=sys.stderr, flush=True)
    sys.exit(130)
"""


def in_a_terminal():
    """Our end of a new terminal, and a process that runs in it."""
    ours, theirs = os.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    process = subprocess.Popen([sys.executable, "-c", CLOSED], start_new_session=True, **streams)
    os.close(theirs)
    return ours, process


@terminals
def test_a_terminal_that_was_closed_interrupts_and_is_not_written_to():
    ours, process = in_a_terminal()
    assert os.read(ours, 100).startswith(b"ready")
    os.close(ours)
    assert process.wait(30) == 130


@terminals
def test_a_terminal_that_is_still_there_is_written_to(number):
    ours, process = in_a_terminal()
    said = b""
    while b"ready" not in said:
        said += os.read(ours, 1000)
    process.send_signal(number)
    while said.count(b"x") < 200_000:
        said += os.read(ours, 100_000)
    assert process.wait(30) == 130
    os.close(ours)

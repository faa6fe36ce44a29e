"""A request to end is treated like Ctrl-C, unless it was ignored from the start."""

import os
import signal

import pytest

from dlbench.commands.base import end_in_order

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

"""A worker in this process, on a backend and a clock of the test.

The backend multiplies matrices correctly, in time with the clock, unless a test spoils it.
"""

from functools import partial

import pytest

from dlbench import registry
from dlbench.harness.worker import timing, worker
from fakes.backend import FakeBackend
from fakes.clock import ToldClock
from fakes.orders import ToldMonitor


@pytest.fixture
def monitor(monkeypatch):
    told = ToldMonitor()
    monkeypatch.setattr(worker, "Monitor", lambda: told)
    return told


@pytest.fixture
def clock(monkeypatch):
    told = ToldClock()
    monkeypatch.setattr(timing, "block", partial(timing.block, clock=told.ns))
    monkeypatch.setattr(timing, "now_s", told.seconds)
    return told


@pytest.fixture
def backend(clock, monkeypatch):
    """The only backend that there is."""
    fake, load = FakeBackend(clock), registry.load
    monkeypatch.setattr(
        registry,
        "load",
        lambda family, name: fake.module if family == "backends" else load(family, name),
    )
    return fake


@pytest.fixture
def tell(backend, monitor):
    """Carry out orders in one worker; the last reply."""
    live = worker.Worker()

    def carry_out(*orders):
        return [live.carry_out(order) for order in orders][-1]

    return carry_out

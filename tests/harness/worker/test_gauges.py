"""Gauges of the machine: what they compute, and that they are timed as any step."""

import numpy as np
import pytest

from dlbench.errors import DlbenchError
from dlbench.harness import wire
from dlbench.harness.worker import gauges
from dlbench.harness.worker.gauges import CHAINS, Chain, Sum, in_threads
from dlbench.records.plan import Sampling
from fakes.orders import START

SHORT = Sampling(block_s=0.001, warmup_s=0.001)


@pytest.mark.parametrize("size", [1, 10_007])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_sum_is_that_of_two_arrays(size: int, threads: int) -> None:
    made = Sum(size, threads)
    with in_threads(made) as run:
        run()
        made.check()
        made.b[:], made.c[:] = np.arange(size), np.arange(size) ** 2
        run()
    assert len(made.parts) == threads
    assert np.array_equal(made.a, np.arange(size) + np.arange(size) ** 2.0)


def test_a_wrong_sum_is_told() -> None:
    made = Sum(10, 1)
    made.parts[0]()
    made.a[7] = 0.0
    with pytest.raises(DlbenchError, match="the sum of two arrays has a wrong result"):
        made.check()


@pytest.mark.parametrize("threads", [1, 2])
def test_the_chain_is_a_chebyshev_polynomial(threads: int) -> None:
    made = Chain(CHAINS * 4, threads)  # three steps of the recurrence after the first
    with in_threads(made) as run:
        run()
    made.check()
    x = 0.3
    assert len(made.results) == threads
    assert all(np.allclose(result, 4 * x**3 - 3 * x) for result in made.results)


def test_a_wrong_chain_is_told() -> None:
    made = Chain(CHAINS * 4, 1)
    made.parts[0]()
    made.results[0][0] = 2.0
    with pytest.raises(DlbenchError, match="the chain has a wrong result"):
        made.check()


@pytest.mark.parametrize("name", ["sum", "chain"])
def test_a_worker_times_it_in_blocks(tell, clock, monkeypatch, name) -> None:
    """By the clock of the test: every step takes a millisecond of it."""
    made = gauges.GAUGES[name]

    def slow(size: int, threads: int):
        real = made(size, threads)
        first = real.parts[0]

        def part() -> None:
            first()
            clock.advance(0.001)

        real.parts = [part, *real.parts[1:]]
        return real

    monkeypatch.setitem(gauges.GAUGES, name, slow)
    reply = tell(START, wire.Gauge(name, CHAINS * 4, 1, SHORT, lead_s=0.002, blocks=3))
    assert isinstance(reply, wire.Timed)
    assert [sample.step_s for sample in reply.samples] == [0.001] * 3
    assert reply.lead_ins


def test_a_wrong_result_is_an_answer(tell, clock, monkeypatch) -> None:
    class Wrong(Sum):
        def check(self) -> None:
            clock.advance(1.0)
            self.a[0] = 0.0
            super().check()

    monkeypatch.setitem(gauges.GAUGES, "sum", Wrong)
    order = wire.Gauge("sum", 10, 1, Sampling(warmup_s=0.0), lead_s=0.0, blocks=1)
    reply = tell(START, order)
    assert reply == wire.Failed("failed", "the sum of two arrays has a wrong result.")

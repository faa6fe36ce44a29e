"""What disturbed a block: on machines whose files are told, and with counters that are told."""

import pytest
from msgspec.structs import replace

from dlbench.harness.worker.interference import (
    LOST_SHARE,
    Counters,
    flags,
    with_counters,
    with_flags,
)
from dlbench.machine import counters
from dlbench.records.measurement import Sample

# --- differences --------------------------------------------------------------------------------

BLOCK = Sample(iterations=4, host_s=1.0, started_s=5.0, round=3)


NOTHING = Counters(None, 0.0, None, None, None, None)


def test_a_sample_gets_the_differences():
    before = Counters(10.0, 5.0, 1.0, 2.0, 3.0, 4)
    after = Counters(12.5, 7.0, 1.25, 2.5, 3.125, 9)
    seen = with_counters(BLOCK, before, after)
    assert (seen.foreign_s, seen.waited_s, seen.steal_s, seen.throttled_s, seen.switches) == (
        (0.5, 0.25, 0.5, 0.125, 5)
    )
    assert (seen.iterations, seen.host_s, seen.started_s, seen.round) == (4, 1.0, 5.0, 3)


def test_what_is_not_told_stays_unknown():
    assert with_counters(BLOCK, NOTHING, NOTHING) == replace(BLOCK, cpu_s=0.0)


def test_a_clock_that_lags_behind_the_own_time_gives_no_negative_work_of_others():
    before, after = NOTHING._replace(busy_s=1.0), NOTHING._replace(busy_s=1.5, own_s=0.75)
    assert with_counters(BLOCK, before, after).foreign_s == 0.0


# --- flags --------------------------------------------------------------------------------------

NS_CLOCK, TICKS = counters.SCHEDULER_TICK_S, 2 * counters.TICK_S


LITTLE, MUCH = LOST_SHARE / 2, LOST_SHARE * 2


def block(host_s=0.02, **shares):
    """A block of two threads on two cores, and what was lost in it as shares of it."""
    lost = {f"{name}_s": share and share * host_s for name, share in shares.items()}
    used = {"cpu_s": (2 - (shares.get("foreign") or 0.0)) * host_s}
    return Sample(iterations=1, host_s=host_s, started_s=0.0, **used | lost)


@pytest.mark.parametrize(
    ("sample", "resolution_s", "busy"),
    [
        pytest.param(block(foreign=0.0, waited=0.0), NS_CLOCK, False, id="quiet"),
        pytest.param(block(foreign=0.5, waited=0.0), NS_CLOCK, True, id="others"),
        pytest.param(block(foreign=0.5, waited=None), NS_CLOCK, True, id="others, no waiting told"),
        pytest.param(block(foreign=MUCH, waited=MUCH), NS_CLOCK, True, id="short, and waited for"),
        pytest.param(block(foreign=MUCH, waited=0.0), NS_CLOCK, False, id="of the block before"),
        pytest.param(block(foreign=LITTLE, waited=LITTLE), NS_CLOCK, False, id="noise"),
        pytest.param(block(foreign=0.0, waited=0.5), NS_CLOCK, False, id="waiting for each other"),
        pytest.param(block(foreign=0.5, waited=0.0), TICKS, False, id="a tick at the edge"),
        pytest.param(
            block(foreign=0.0, waited=MUCH), TICKS, False, id="waiting alone, coarse ticks"
        ),
        pytest.param(block(1.0, foreign=0.0, waited=MUCH), TICKS, False, id="ticks fine enough"),
        pytest.param(block(1.0, foreign=MUCH, waited=0.0), TICKS, True, id="ticks that tell"),
        pytest.param(block(foreign=0.5, waited=MUCH), TICKS, True, id="ticks and waiting"),
        pytest.param(block(waited=MUCH), None, False, id="only waiting told"),
        pytest.param(block(), None, False, id="nothing told"),
        pytest.param(block(0.0, foreign=0.0, waited=0.0), NS_CLOCK, False, id="no time at all"),
    ],
)
def test_a_block_is_busy_when_others_took_the_cores_that_it_could_use(sample, resolution_s, busy):
    assert flags(sample, running=2, cores=2, resolution_s=resolution_s) == ("busy",) * busy


@pytest.mark.parametrize(
    ("cpu", "foreign", "waited", "busy"),
    [
        pytest.param(1.0, 0.9, 0.0, False, id="a core is left"),
        pytest.param(2.0, 0.9, 0.0, True, id="no core is left"),
        pytest.param(1.0, 0.9, 0.5, True, id="threads waited all the same"),
        pytest.param(0.5, 1.9, 0.0, False, id="half a core is left"),
        pytest.param(0.7, 1.9, 0.0, True, id="less than half a core is left"),
    ],
)
def test_cores_that_the_worker_does_not_use_may_be_busy(cpu, foreign, waited, busy):
    """Of three cores; how many threads the worker has does not matter."""
    sample = block(1.0, cpu=cpu, foreign=foreign, waited=waited)
    assert flags(sample, 3, 3, NS_CLOCK) == ("busy",) * busy


@pytest.mark.parametrize(
    ("host_s", "steal_s", "stolen"),
    [(0.02, 0.01, False), (0.02, 0.02, True), (1.0, 0.03, False), (1.0, 0.05, True)],
)
def test_stolen_time_is_believed_from_its_second_tick(host_s, steal_s, stolen):
    sample = Sample(iterations=1, host_s=host_s, started_s=0.0, steal_s=steal_s)
    assert flags(sample, 2, 2, NS_CLOCK) == ("stolen",) * stolen


@pytest.mark.parametrize(("throttled", "flagged"), [(None, ()), (0.0, ()), (0.1, ("throttled",))])
def test_any_throttling_is_flagged(throttled, flagged):
    assert flags(block(throttled=throttled), 2, 2, NS_CLOCK) == flagged


@pytest.mark.parametrize(
    ("waited", "flagged"),
    [
        pytest.param(0.5, ("throttled",), id="the quota alone"),
        pytest.param(0.5 + LITTLE, ("throttled",), id="noise beside the quota"),
        pytest.param(0.5 + MUCH, ("busy", "throttled"), id="the quota and others"),
        pytest.param(0.0, ("throttled",), id="no waiting"),
        pytest.param(None, ("busy", "throttled"), id="no waiting told"),
    ],
)
def test_threads_that_the_quota_stops_do_not_wait_for_other_programs(waited, flagged):
    sample = block(1.0, foreign=0.9, waited=waited, throttled=0.5)
    assert flags(sample, 2, 2, NS_CLOCK) == flagged


def test_a_sample_says_how_many_threads_can_run():
    class Told:
        cores, resolution_s = 2, 0.0

        def after(self):
            return NOTHING

    assert [with_flags(BLOCK, NOTHING, Told(), threads).running for threads in (1, 2, 8)] == [
        1,
        2,
        2,
    ]

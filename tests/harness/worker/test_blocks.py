"""Blocks: their size, lead-in, patience and flags."""

import pytest
from msgspec import structs

from dlbench.backends.base import Blocker, nothing
from dlbench.harness import wire
from dlbench.harness.worker.blocks import MOST_STEPS, STEPS_AFTER_RESET
from dlbench.harness.worker.interference import LOST_SHARE
from dlbench.harness.worker.queued import WAITS
from dlbench.records.machine.device_time import DeviceTime
from dlbench.records.plan import Sampling
from fakes.orders import CASE, PREPARE, RELEASE, START, SUSTAIN, TURN, WARM_UP, WORKLOAD


def block(tell):
    """The only block of a turn without a lead-in."""
    (sample,) = tell(TURN).samples
    return sample


def test_a_block_has_the_iterations_that_the_warm_up_found(tell, backend):
    backend.costs_s = [0.5]
    warm = tell(START, PREPARE, WARM_UP)
    assert warm.samples[-1].iterations == 2  # a probe is a quarter of a block
    started_s = backend.clock.seconds() + STEPS_AFTER_RESET * 0.5
    sample = block(tell)
    assert (sample.iterations, sample.host_s, sample.started_s) == (8, 4.0, started_s)


def test_a_block_says_what_came_before_it_and_what_disturbed_it(tell, monitor):
    tell(START, PREPARE, WARM_UP)
    quiet = block(tell)
    assert quiet.lead_s == STEPS_AFTER_RESET * 1.0
    assert (quiet.foreign_s, quiet.waited_s, quiet.steal_s, quiet.flags) == (0.0, 0.0, 0.0, ())
    monitor.foreign_s = 3.0
    busy = block(tell)
    assert (busy.foreign_s, busy.flags) == (3.0, ("busy",))


@pytest.mark.parametrize(("sync_s", "iterations"), [(0.005, 8), (0.02, 16), (0.1, 73)])
def test_a_block_is_400_times_as_long_as_an_empty_one(tell, backend, sync_s, iterations):
    backend.costs_s = [0.5]
    backend.device.wait = lambda: backend.clock.advance(sync_s)
    tell(START, PREPARE, WARM_UP)
    assert block(tell).iterations == iterations


def told_of_device(tell):
    """What is told with the first stretch."""
    return tell(structs.replace(SUSTAIN, longest_s=10.0))


def test_a_host_that_computes_by_itself_tells_the_empty_block_alone(tell, backend):
    backend.device.wait = lambda: backend.clock.advance(0.25)
    found = told_of_device(lambda order: tell(START, PREPARE, WARM_UP, order))
    assert (found.device, found.told) == (DeviceTime(0.25), ())


@pytest.mark.parametrize(
    ("step_s", "iterations"),
    [
        pytest.param(0.5, [], id="its blocks have enough steps"),
        pytest.param(1.0, [], id="so many steps take too long"),
        pytest.param(0.125, [8], id="its blocks are too short"),
    ],
)
def test_a_device_is_asked_once_for_enough_steps(tell, backend, step_s, iterations):
    backend.costs_s = [step_s]
    backend.queue = Blocker(lambda: None)
    planned = Sampling(block_s=4.0 if step_s == 0.5 else 4 * step_s, warmup_s=100.0)
    tell(START, PREPARE, structs.replace(WARM_UP, sampling=planned))
    found = told_of_device(tell)
    assert [sample.iterations for sample in found.told] == iterations
    again = told_of_device(tell)
    assert (again.device, again.told) == (None, ())


def test_the_device_is_timed_and_training_begins_anew_after_it(tell, backend):
    backend.costs_s = [0.001]
    backend.queue = Blocker(lambda: backend.clock.advance(0.5))
    tell(START, PREPARE, WARM_UP)
    queued = told_of_device(tell).device.queued
    # the blocker ends before the first step is asked for: this device keeps nothing in a queue
    assert (queued.seconds, queued.how, queued.reason) == (None, "two lengths", WAITS)
    backend.events.clear()
    tell(TURN)
    assert backend.events[0] == "reset"


def test_what_goes_wrong_in_a_queue_is_no_failure_of_the_case(tell, backend):
    def full():
        raise MemoryError("no room for the blocker")

    backend.costs_s = [0.001]
    backend.queue = Blocker(full)
    tell(START, PREPARE, WARM_UP)
    assert told_of_device(tell).device.queued.reason == "MemoryError: no room for the blocker"
    assert block(tell).iterations > 0


def test_a_block_that_was_sized_while_others_disturbed_the_warm_up_grows(tell, backend):
    backend.costs_s = [16.0]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s = [0.125]
    found = [block(tell) for _ in range(3)]
    assert [(sample.iterations, sample.host_s) for sample in found] == [
        (1, 0.125),
        (32, 4.0),
        (32, 4.0),
    ]


def test_a_block_that_others_disturb_makes_the_next_ones_no_shorter(tell, backend):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s = [16.0]
    assert [block(tell).iterations for _ in range(2)] == [8, 8]


def test_a_block_that_is_late_because_of_others_ends_early(tell, backend, monitor):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, monitor.foreign_s = [16.0], 100.0
    found = block(tell)
    assert (found.iterations, found.host_s, found.flags) == (1, 16.0, ("busy",))
    backend.costs_s, monitor.foreign_s = [0.5], 0.0
    assert block(tell).iterations == 8


def test_why_a_block_ended_early_stays_said_if_its_end_is_quiet(tell, backend, monitor):
    """Waiting for a device is in the block's time, of a share of which the flags are."""
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, taken_s = [16.0], [1.0, 0.0]
    backend.device.wait = lambda: backend.clock.advance(20.0)
    after = monitor.after

    def told_after():
        monitor.foreign_s = taken_s.pop(0)
        return after()

    monitor.after = told_after
    found = block(tell)
    assert (found.iterations, found.host_s, found.foreign_s) == (1, 36.0, 1.0)
    assert found.foreign_s < LOST_SHARE * found.host_s
    assert found.flags == ("busy",)


def test_a_block_that_others_disturb_and_that_is_not_late_is_whole(tell, backend, monitor):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, monitor.foreign_s = [0.75], 100.0
    assert (block(tell).iterations, block(tell).flags) == (8, ("busy",))


def test_what_the_quota_took_is_the_case_s_own_and_ends_no_block(tell, backend, monitor):
    backend.costs_s = [0.5]
    tell(START, PREPARE, WARM_UP)
    backend.costs_s, monitor.throttled_s = [16.0], 100.0
    found = block(tell)
    assert (found.iterations, found.flags) == (8, ("throttled",))


def test_where_the_size_of_a_block_is_known_one_of_them_warms_up(tell, backend):
    backend.costs_s = [0.5]
    tell(START, PREPARE)
    warm = tell(structs.replace(WARM_UP, iterations=6))
    assert [sample.iterations for sample in warm.samples] == [6]
    assert block(tell).iterations == 6


def test_a_warm_up_that_others_disturb_makes_the_blocks_no_shorter(tell, backend, monitor):
    tell(START, PREPARE)
    backend.costs_s, monitor.foreign_s = [16.0], 100.0
    warm = tell(structs.replace(WARM_UP, iterations=8))
    assert [sample.iterations for sample in warm.samples] == [1]
    backend.costs_s, monitor.foreign_s = [0.5], 0.0
    assert block(tell).iterations == 8


def test_every_turn_starts_where_training_starts(tell, backend):
    tell(START, PREPARE, WARM_UP)
    backend.events.clear()
    tell(TURN, TURN)
    untimed = ["run"] * STEPS_AFTER_RESET
    assert backend.events == ["reset", *untimed, "wait", *["run"] * 4, "wait"] * 2


def test_the_blocks_of_a_turn_go_on_as_a_loop_does(tell, backend):
    tell(START, PREPARE, WARM_UP)
    backend.events.clear()
    found = tell(structs.replace(TURN, blocks=3))
    block = ["wait", *["run"] * 4, "wait"]
    assert backend.events == ["reset", *["run"] * STEPS_AFTER_RESET, *block * 3]
    assert [sample.lead_s for sample in found.samples] == [STEPS_AFTER_RESET * 1.0, 0.0, 0.0]


def test_training_begins_anew_before_its_gradients_vanish(tell, backend):
    blocks = MOST_STEPS // 4 + 1
    tell(START, PREPARE, WARM_UP)
    backend.events.clear()
    tell(structs.replace(TURN, blocks=blocks))
    assert backend.events.count("reset") == 2
    assert backend.events.count("run") == 4 * blocks + 2 * STEPS_AFTER_RESET


def test_a_step_that_changes_nothing_runs_once_before_its_block(tell, backend):
    backend.reset = nothing
    tell(START, PREPARE, WARM_UP)
    backend.events.clear()
    tell(TURN)
    assert backend.events == ["run", "wait", *["run"] * 4, "wait"]


def test_every_probe_of_the_warm_up_starts_where_training_starts(tell, backend):
    tell(START, PREPARE)
    backend.events.clear()
    probes = len(tell(WARM_UP).samples)
    assert backend.events.count("reset") == probes
    assert backend.events[:4] == ["reset", *["run"] * STEPS_AFTER_RESET, "wait"]


def test_cases_are_held_side_by_side(tell, backend):
    other = "another case"
    tell(START, PREPARE, WARM_UP)
    backend.costs_s = [0.5]
    tell(wire.Prepare(other, WORKLOAD, {}, seed=1), wire.WarmUp(other, WARM_UP.sampling))
    assert block(tell).iterations == 4
    assert tell(structs.replace(TURN, case=other)).samples[0].iterations == 8


def test_a_released_case_is_forgotten_and_the_backend_told(tell, backend):
    assert tell(START, PREPARE, WARM_UP, RELEASE) == wire.Ready()
    assert backend.events[-1] == "release"
    assert tell(TURN).reason == f"KeyError: {CASE!r}"
    assert tell(RELEASE) == wire.Ready()

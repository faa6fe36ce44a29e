"""A told clock says how long every step takes, so every sample is known to the nanosecond."""

import gc
from functools import partial
from itertools import chain, repeat

import pytest

from dlbench.harness.worker import timing
from dlbench.records.measurement import Sample
from fakes.clock import ToldClock
from fakes.device import Device


class Machine:
    """Steps that take what they are told, in seconds each; notes what was called."""

    def __init__(self, *costs_s):
        self.clock = ToldClock(now_s=100.0)
        self.costs = chain(costs_s, repeat(costs_s[-1]))
        self.events = []

    def step(self):
        self.events.append("step")
        self.clock.advance(next(self.costs))

    def wait(self):
        self.events.append("wait")

    def block(self, iterations):
        return timing.block(self.step, self.wait, iterations, self.clock.ns)


def sample(iterations=1, step_s=1.0):
    return Sample(iterations=iterations, host_s=iterations * step_s, started_s=0.0)


# --- block --------------------------------------------------------------------------------------


def test_a_block_is_timed_from_its_first_step_to_its_last():
    whole = Sample(iterations=8, host_s=2.0, started_s=100.0, issued_s=2.0)
    assert Machine(0.25).block(8) == whole


def test_the_device_is_waited_for_at_both_edges_and_not_between():
    machine = Machine(1.0)
    machine.block(3)
    assert machine.events == ["wait", "step", "step", "step", "wait"]


def test_what_the_device_does_after_the_last_call_is_part_of_the_block():
    machine = Machine(1.0)
    block = timing.block(machine.step, lambda: machine.clock.advance(10), 2, machine.clock.ns)
    assert (block.started_s, block.host_s) == (110.0, 12.0)


def impatient(machine, iterations, in_vain):
    """A block that may end early after 32 s."""
    patience = timing.Patience(32.0, in_vain)
    return timing.block(machine.step, machine.wait, iterations, machine.clock.ns, patience=patience)


@pytest.mark.parametrize(
    ("costs_s", "made"),
    [
        ([1.0], 16),  # in time
        ([5.0], 8),  # 7 steps take 35 s, which is seen when the fourth part is over
        ([100.0], 2),
        ([1.0] * 4 + [100.0], 6),  # the others come later
        ([1.0] * 15 + [100.0], 16),  # there is nothing left to be saved
    ],
)
def test_a_late_block_in_vain_ends_after_the_part(costs_s, made):
    assert timing.PARTS == 8
    machine = Machine(*costs_s)
    found = impatient(machine, 16, lambda taken_s: True)
    steps_s = (costs_s + [costs_s[-1]] * 16)[:made]
    assert (found.iterations, found.host_s) == (made, sum(steps_s))
    assert machine.events == ["wait", *["step"] * made, "wait"]


def test_a_late_block_that_is_not_in_vain_goes_on_and_is_asked_for_once():
    asked = []
    found = impatient(Machine(10.0), 16, lambda taken_s: bool(asked.append(taken_s)))
    assert (found.iterations, found.host_s) == (16, 160.0)
    assert asked == [40.0]


def test_a_block_that_a_device_still_works_on_ends_early_with_what_was_asked_for():
    device = Device(launch_s=20.0, work_s=0.25)
    patience = timing.Patience(32.0, lambda taken_s: True)
    found = timing.block(device.step, device.wait, 8, device.clock.ns, patience=patience)
    assert (found.iterations, found.host_s, found.issued_s) == (2, 40.25, 40.0)


@pytest.mark.parametrize("iterations", [1, 2, 7, 8, 9, 100])
def test_a_block_in_time_makes_every_step(iterations):
    machine = Machine(0.25)
    found = impatient(machine, iterations, lambda taken_s: True)
    assert machine.events.count("step") == found.iterations == iterations


def test_the_real_clock_is_the_default():
    began = timing.now_s()
    block = timing.block(lambda: None, lambda: None, 1000)
    assert began <= block.started_s <= block.started_s + block.host_s <= timing.now_s()
    assert block.host_s > 0
    assert block.started_s > 0


@pytest.fixture(params=[True, False], ids=["collecting", "not collecting"])
def collecting(request):
    """Whether garbage collection was on before; put back after the test."""
    before = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if before else gc.disable)()


def test_garbage_collection_is_off_inside_and_as_before_after(collecting):
    inside = []
    timing.block(lambda: inside.append(gc.isenabled()), lambda: None, 3)
    assert inside == [False, False, False]
    assert gc.isenabled() is collecting


def test_garbage_collection_is_as_before_after_a_step_that_raises(collecting):
    with pytest.raises(ZeroDivisionError):
        timing.block(lambda: 1 / 0, lambda: None, 3)
    assert gc.isenabled() is collecting


# --- a device of its own ------------------------------------------------------------------------


def on(device, iterations=10):
    return timing.block(device.step, device.wait, iterations, device.clock.ns)


def test_a_host_that_computes_by_itself_asks_until_the_end():
    block = Machine(1.0).block(3)
    assert block.issued_s == block.host_s == 3.0


def test_a_device_slower_than_its_launches_leaves_the_host_waiting():
    block = on(Device(launch_s=0.25, work_s=2.0))
    assert (block.host_s, block.issued_s) == (0.25 + 10 * 2.0, 10 * 0.25)


def test_a_device_that_waits_for_its_launches_leaves_one_step():
    block = on(Device(launch_s=2.0, work_s=0.25))
    assert (block.host_s, block.issued_s) == (10 * 2.0 + 0.25, 10 * 2.0)


def test_a_full_queue_makes_the_host_ask_for_longer():
    block = on(Device(launch_s=0.25, work_s=2.0, in_flight=4))
    # the last of ten is asked for when the sixth is done
    assert (block.host_s, block.issued_s) == (20.25, 0.25 + 6 * 2.0)


def test_work_that_was_asked_for_before_is_not_in_the_block():
    device = Device(launch_s=0.25, work_s=2.0)
    for _ in range(5):
        device.step()
    block = on(device)
    assert (block.host_s, block.issued_s) == (20.25, 2.5)
    assert block.started_s == 100.25 + 5 * 2.0
    assert device.waits == 2


@pytest.mark.parametrize("edge", [0, 1], ids=["first", "last"])
def test_without_the_wait_at_an_edge_a_block_would_be_wrong(edge):
    device = Device(launch_s=0.25, work_s=2.0)
    device.step()
    waits = [device.wait, device.wait]
    waits[edge] = lambda: None

    def wait():
        waits.pop(0)()

    block = timing.block(device.step, wait, 10, device.clock.ns)
    wrong = {0: 22.0, 1: 2.5}  # with the work of before; without the work that is still queued
    assert block.host_s == wrong[edge] != 20.25


def test_the_clock_is_read_at_the_edges_and_after_the_last_call_alone():
    events = []
    device = Device(launch_s=1.0, work_s=1.0)

    def noting(name, call):
        return lambda: (events.append(name), call())[1]

    timing.block(
        noting("step", device.step),
        noting("wait", device.wait),
        3,
        noting("clock", device.clock.ns),
        patience=timing.Patience(0.0, lambda taken_s: False),
    )
    looks = ["clock", *["step"]] * 2  # patience looks between parts, until it is asked once
    assert events[:3] == ["wait", "clock", "step"]
    assert events[1:5] == looks
    assert events[-4:] == ["step", "clock", "wait", "clock"]


# --- empty_s ------------------------------------------------------------------------------------


def test_an_empty_block_takes_as_long_as_a_wait_for_nothing(monkeypatch):
    clock, waits_s = ToldClock(), chain([3.0] * 7, repeat(0.25))  # some are slow
    monkeypatch.setattr(timing, "block", partial(timing.block, clock=clock.ns))
    assert timing.empty_s(lambda: clock.advance(next(waits_s))) == 0.25


# --- iterations_for -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "seen", "iterations"),
    [
        pytest.param(1.0, sample(4, step_s=0.1), 10, id="as many as fit"),
        pytest.param(1.0, sample(1, step_s=0.3), 3, id="rounded"),
        pytest.param(1.0, sample(1, step_s=60.0), 1, id="a step longer than the block"),
        pytest.param(1e9, sample(1, step_s=1e-9), timing.MOST_ITERATIONS, id="bounded"),
        pytest.param(1.0, sample(7, step_s=0.0), 70, id="a clock that did not move"),
        pytest.param(
            1.0,
            sample(timing.MOST_ITERATIONS, step_s=0.0),
            timing.MOST_ITERATIONS,
            id="a clock that never moves",
        ),
    ],
)
def test_a_block_has_the_iterations_that_fill_it(seconds, seen, iterations):
    assert timing.iterations_for(seconds, seen) == iterations


# --- block_size ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps_s", "iterations"),
    [
        pytest.param([0.5], 8, id="all there is"),
        pytest.param([60.0, 0.5], 8, id="a first call"),
        pytest.param([0.5, 0.5, 0.5, 16.0, 16.0, 16.0], 8, id="the last probes were disturbed"),
        pytest.param([1e-9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], 8, id="long ago it was faster"),
        pytest.param([60.0, 60.0], 1, id="a step that is longer than a block"),
    ],
)
def test_a_block_is_sized_by_probes_that_nobody_disturbed(steps_s, iterations):
    assert timing.block_size(4.0, [sample(1, step_s) for step_s in steps_s]) == iterations


# --- warm_up ------------------------------------------------------------------------------------

BLOCK_S = 4.0  # so that a probe, a quarter of it, is a second
PROBE = 10  # the steps of 0.1 s in a probe


def test_a_steady_machine_is_warm_when_two_windows_of_probes_agree():
    warmup = timing.warm_up(Machine(0.1).block, BLOCK_S, budget_s=1000)
    assert [probe.iterations for probe in warmup] == [1] + [PROBE] * 5


def test_a_machine_that_settles_is_warm_some_probes_later():
    settling = Machine(*[0.2] * 16, *[0.1] * 100)
    warmup = timing.warm_up(settling.block, BLOCK_S, budget_s=1000)
    steps_s = [round(probe.step_s, 3) for probe in warmup]
    assert steps_s[:3] == [0.2, 0.2, 0.2]
    assert steps_s[-timing.STEADY_WINDOW - 1 :] == [0.1] * (timing.STEADY_WINDOW + 1)


@pytest.mark.parametrize("budget_s", [5.0, 20.0])
def test_a_machine_that_is_never_steady_is_warmed_for_the_budget(budget_s):
    ever_slower = Machine(*(0.1 * 1.02**n for n in range(1000)))
    spent = [p.host_s for p in timing.warm_up(ever_slower.block, BLOCK_S, budget_s)]
    assert sum(spent[:-1]) < budget_s <= sum(spent)


def test_one_outlier_in_a_window_does_not_keep_a_machine_warming_up():
    probes = [1.0, 1.0, 5.0, 1.0, 1.0, 1.0]
    takes = (sample(PROBE, step_s) for step_s in probes)
    assert len(timing.warm_up(lambda _: next(takes), BLOCK_S * PROBE, budget_s=1e6)) == len(probes)


def test_probes_grow_at_most_tenfold():
    fast = timing.warm_up(Machine(0.001).block, BLOCK_S, budget_s=1000)
    assert [probe.iterations for probe in fast][:4] == [1, 10, 100, 1000]


def test_a_lucky_first_call_does_not_size_the_next():
    lucky = timing.warm_up(Machine(1e-9, 0.1).block, BLOCK_S, budget_s=1000)
    assert [probe.iterations for probe in lucky][:3] == [1, 10, PROBE]


@pytest.mark.parametrize("budget_s", [1000.0, 30.0])
def test_a_slow_first_call_does_not_size_the_block(budget_s):
    warmup = timing.warm_up(Machine(60.0, 0.1).block, BLOCK_S, budget_s)
    assert timing.iterations_for(BLOCK_S, warmup[-1]) == 4 * PROBE


def test_steps_longer_than_the_budget_are_warmed_up_by_two():
    warmup = timing.warm_up(Machine(60.0).block, BLOCK_S, budget_s=1.0)
    assert [probe.iterations for probe in warmup] == [1, 1]


def test_a_clock_that_never_moves_ends_the_warm_up():
    warmup = timing.warm_up(lambda iterations: sample(iterations, 0.0), BLOCK_S, budget_s=1.0)
    assert warmup[-1].iterations == timing.MOST_ITERATIONS

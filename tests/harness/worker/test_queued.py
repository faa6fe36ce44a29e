"""The device time of a step behind a full queue, against devices of known truth in told time."""

import gc
import random

import pytest

from dlbench.backends.base import Blocker
from dlbench.harness.worker import queued, timing
from dlbench.harness.worker.queued import LENGTHS, SPINS, TOO_LONG, WAITS, Work, device_time
from fakes.device import Device

US = 1e-6
BLOCKER_S = 3e-3


class Spinning:
    """A device as a backend with marks offers it."""

    def __init__(self, device):
        self.spin, self.mark = device.spin, device.mark
        self.has_passed, self.seconds = device.has_passed, device.seconds


def blocking(device):
    return Blocker(lambda: device.ask(BLOCKER_S, 20 * US))


QUEUES = {SPINS: Spinning, LENGTHS: blocking}


@pytest.fixture
def found(monkeypatch):
    """The device time that a method finds; step: in place of the device's own."""

    def find(device, how, step=None, begin=lambda: None):
        monkeypatch.setattr(timing, "now_s", device.clock.seconds)
        step_s = max(device.launch_s, device.work_s)
        work = Work(step or device.step, begin, device.wait, device.launch_s, step_s)
        return device_time(work, QUEUES[how](device))

    return find


@pytest.mark.parametrize("how", QUEUES)
@pytest.mark.parametrize("in_flight", [32, 1024])
@pytest.mark.parametrize(
    ("launch_s", "work_s"),
    [
        pytest.param(100 * US, 20 * US, id="host-bound"),
        pytest.param(20 * US, 20 * US, id="both"),
        pytest.param(5 * US, 200 * US, id="device-bound"),
        pytest.param(50 * US, 20e-3, id="long steps"),
    ],
)
def test_the_truth_is_found(found, how, in_flight, launch_s, work_s):
    one = found(Device(launch_s, work_s, in_flight=in_flight), how)
    assert (one.how, one.reason) == (how, None)
    assert one.seconds == pytest.approx(work_s, rel=1e-3)
    assert one.steps <= 2 * queued.MOST_BLOCKED


@pytest.mark.parametrize("how", QUEUES)
def test_with_noise_the_truth_is_found_within_3_percent_or_nothing_is_told(found, how):
    rng, told = random.Random(1), []
    for _ in range(200):
        launch_s, work_s = rng.uniform(5, 150) * US, rng.uniform(20, 2000) * US
        noise = rng.choice((0.001, 0.005))
        device = Device(
            launch_s, work_s, in_flight=32, noise=lambda s, n=noise: s * rng.gauss(1.0, n)
        )
        one = found(device, how)
        if one.seconds is not None:
            told.append(abs(one.seconds / work_s - 1))
        else:
            assert one.reason
    assert len(told) >= 150
    assert sum(error <= 0.03 for error in told) >= 0.97 * len(told)


@pytest.mark.parametrize("how", QUEUES)
def test_a_device_that_gets_faster_is_timed_at_its_speed(found, how):
    """A clock that ramps up within the first milliseconds of work, which are not in the middle."""
    device = Device(30 * US, 100 * US, speed=lambda worked_s: 0.5 if worked_s < 5e-3 else 1.0)
    assert found(device, how).seconds == pytest.approx(100 * US, rel=0.03)


@pytest.mark.parametrize("how", QUEUES)
def test_a_first_step_that_takes_longer_does_not_count(found, how):
    device, first = Device(20 * US, 50 * US), []

    def step():
        device.ask(50 * US + (first.pop() if first else 0.0))

    def begin():
        first[:] = [500 * US]

    assert found(device, how, step, begin).seconds == pytest.approx(50 * US, rel=1e-3)


def test_nothing_is_told_if_asking_outlasts_every_blocker(found):
    most_s = queued.MOST_BLOCKERS * BLOCKER_S
    slow = Device(most_s / 2, 1e-3)
    assert found(slow, LENGTHS).reason == WAITS
    fast = Device(queued.ASKED_SHARE * most_s / 2.5, 1e-3)
    assert found(fast, LENGTHS).seconds == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize("how", QUEUES)
def test_a_step_that_waits_for_the_device_by_itself_is_not_told(found, how):
    device = Device(20 * US, 50 * US)

    def step():
        device.step()
        device.wait()

    one = found(device, how, step)
    assert (one.seconds, one.how, one.reason) == (None, how, WAITS)


def test_a_blocker_that_gets_shorter_meanwhile_is_noticed(monkeypatch):
    """Its own time is taken in every try: it must not count as lasting because it once did."""
    device, asked = Device(300 * US, 100 * US), []

    def shrinking():
        asked.append(0)
        device.ask(BLOCKER_S if len(asked) <= 2 else BLOCKER_S / 100, 20 * US)

    monkeypatch.setattr(timing, "now_s", device.clock.seconds)
    work = Work(device.step, lambda: None, device.wait, device.launch_s, device.launch_s)
    assert device_time(work, Blocker(shrinking)).reason == WAITS


def test_a_queue_with_room_for_few_steps_is_filled_with_few(found):
    """Where the queue is full, the host waits for the spin: it has not lasted, however long."""
    one = found(Device(20 * US, 50 * US, in_flight=5), SPINS)
    assert one.steps < 5
    assert one.seconds == pytest.approx(50 * US, rel=1e-3)


@pytest.mark.parametrize("how", QUEUES)
def test_a_long_step_is_not_queued(found, how):
    device = Device(20 * US, 1.0)
    assert found(device, how).reason == TOO_LONG
    assert device.worked_s == 0


@pytest.mark.parametrize("how", QUEUES)
def test_times_that_differ_too_much_are_not_told(found, how):
    rng = random.Random(1)
    device = Device(20 * US, 100 * US)

    def step():
        device.ask(100 * US * device_factor[0])

    device_factor = [1.0]

    def begin():
        device_factor[0] = rng.choice((0.2, 1.0, 3.0))

    one = found(device, how, step, begin)
    assert one.seconds is None
    assert "differ too much" in one.reason


def test_no_garbage_is_collected_meanwhile_and_it_goes_on_after(found):
    seen, device = set(), Device(20 * US, 50 * US)

    def step():
        seen.add(gc.isenabled())
        device.step()

    before = gc.isenabled()
    gc.enable()
    try:
        found(device, SPINS, step)
        assert gc.isenabled()
    finally:
        (gc.enable if before else gc.disable)()
    assert seen == {False}

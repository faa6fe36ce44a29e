"""Who decides the time of a step: a rule on the times of blocks, against devices of known truth."""

import random
from math import exp, log

import pytest

from dlbench.harness.worker import timing
from dlbench.records.measurement import Sample
from dlbench.stats.issue import ENOUGH_STEPS, WAKING_S, left_s, limit
from fakes.device import Device


def block(iterations=10, host_s=10.0, issued_s=5.0):
    return Sample(iterations, host_s, 0.0, issued_s=issued_s)


def blocks_of(device, steps, count=3):
    return [timing.block(device.step, device.wait, steps, device.clock.ns) for _ in range(count)]


def test_what_is_left_is_what_the_host_waited_for_beyond_an_empty_block():
    assert left_s(block(), sync_s=1.5) == 3.5
    assert left_s(block(issued_s=10.0), sync_s=1.5) == 0.0


@pytest.mark.parametrize(
    "sample",
    [block(ENOUGH_STEPS - 1), block(issued_s=None), block(host_s=0.0, issued_s=0.0)],
    ids=["too short", "of an old run", "without a time"],
)
def test_a_block_that_does_not_tell(sample):
    assert left_s(sample, 0.0) is None
    assert limit([sample], 0.0) is None
    assert limit([sample, block(issued_s=10.0)], 0.0) == "launch"


@pytest.mark.parametrize(
    ("launch_s", "work_s", "in_flight", "expected"),
    [
        (1e-3, 2e-4, 1024, "launch"),
        (2e-4, 1e-3, 1024, "device"),
        (2e-4, 1e-3, 32, "device"),
        (2e-4, 1e-3, 2, "device"),  # so few may wait where a step has hundreds of launches
        (1e-3, 1.03e-3, 1024, "both"),
    ],
)
def test_the_rule_on_a_steady_device(launch_s, work_s, in_flight, expected):
    assert limit(blocks_of(Device(launch_s, work_s, in_flight=in_flight), 12), 0.0) == expected


def test_one_disturbed_block_does_not_decide():
    assert limit([block(issued_s=10.0)] * 2 + [block()], 0.0) == "launch"


def test_a_wait_as_short_as_waking_up_is_no_work_left():
    step_s = 1e-6
    waking = Sample(100, 100 * step_s, 0.0, issued_s=100 * step_s - WAKING_S / 2)
    assert limit([waking], 0.0) == "launch"


def a_case(rng):
    """A device with noise of 10 %, how much of its steps are queued, and who decides."""
    launch_s = exp(rng.uniform(log(5e-6), log(3e-3)))
    share = exp(rng.uniform(log(0.05), log(0.8)))
    expected = rng.choice(("launch", "device"))
    work_s = launch_s * share if expected == "launch" else launch_s / share
    in_flight = rng.choice((32, 1024))
    device = Device(
        launch_s, work_s, in_flight=in_flight, noise=lambda s: s * rng.uniform(0.9, 1.1)
    )
    # a block lasts milliseconds: short steps are many
    fewest = max(ENOUGH_STEPS, int(1e-3 / max(launch_s, work_s)))
    return device, fewest, expected


def test_the_rule_is_right_where_one_side_takes_a_quarter_longer():
    rng, right, cases = random.Random(1), 0, 1000
    for _ in range(cases):
        device, fewest, expected = a_case(rng)
        steps = round(exp(rng.uniform(log(fewest), log(max(fewest, 400) + 1))))
        right += limit(blocks_of(device, steps), 0.0) == expected
    assert right >= 0.99 * cases

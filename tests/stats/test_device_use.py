"""The device's part of a step, from measurements of known truth."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.run import rows_of
from dlbench.records.machine.device_time import DeviceTime, Queued
from dlbench.records.measurement import Sample
from dlbench.stats.device_use import DeviceUse
from fakes.runs import NUMPY, TORCH, case, matmul, measured, results_of

GPU = replace(TORCH, device="cuda")
PRODUCT = case(matmul(256), GPU)
STEP_S, SYNC_S = 1e-3, 5e-6


def blocks(asked, iterations=10, count=8):
    """Blocks in which the host asks for work for this share of the time."""
    whole_s = iterations * STEP_S
    return tuple(
        Sample(iterations, whole_s, float(n), round=n, issued_s=asked * whole_s)
        for n in range(count)
    )


def use_of(of=PRODUCT, *, asked=0.99, queued=None, more=(), **fields):
    told = {"device": DeviceTime(SYNC_S, queued), "samples": blocks(asked), **fields}
    results = results_of([of], [measured(of, **told), *more])
    return rows_of(results)[0].device


def test_a_gpu_that_waits_for_the_host():
    found = use_of(queued=Queued(16, 2e-4, "spin and events"))
    assert found == DeviceUse(
        bound="launch",
        seconds=2e-4,
        share=pytest.approx(0.2),
        issue_s=pytest.approx(0.99 * STEP_S),
        sync_s=SYNC_S,
        how="spin and events",
    )


def test_a_gpu_that_works_all_the_time():
    found = use_of(asked=0.1, queued=Queued(16, 1.02 * STEP_S, "two lengths"))
    assert (found.bound, found.share, found.issue_s) == ("device", 1.0, None)


def test_a_reason_stands_where_the_device_s_time_would():
    found = use_of(queued=Queued(how="two lengths", reason="the host is too slow"))
    assert (found.bound, found.seconds, found.share) == ("launch", None, None)
    assert found.reason == "the host is too slow"


def test_of_several_repetitions_it_is_the_median():
    others = [
        measured(
            PRODUCT,
            generation=number,
            samples=tuple(replace(one, generation=number) for one in blocks(0.99)),
            device=DeviceTime(SYNC_S, Queued(16, seconds, "spin and events")),
        )
        for number, seconds in ((1, 9e-4), (2, 3e-4))
    ]
    assert use_of(queued=Queued(16, 2e-4, "spin and events"), more=others).seconds == 3e-4


def test_blocks_that_are_too_short_are_judged_by_the_one_of_the_warm_up():
    short, enough = blocks(0.1, iterations=2), blocks(0.99, iterations=8, count=1)
    assert use_of(samples=short).bound is None
    assert use_of(samples=short, warmup=enough).bound == "launch"


def test_on_the_cpu_nothing_but_the_empty_block_is_told():
    assert use_of(case(matmul(256), NUMPY)) == DeviceUse(sync_s=SYNC_S)


@pytest.mark.parametrize("own", [{"loop": "tensors"}, {"call": "array"}])
def test_what_waits_for_the_device_by_itself_is_not_judged_by_its_blocks(own):
    assert use_of(case(matmul(256), replace(GPU, **own))).bound is None


def test_an_old_run_has_none():
    old = tuple(replace(one, issued_s=None) for one in blocks(0.99))
    assert use_of(samples=old, device=None) == DeviceUse()

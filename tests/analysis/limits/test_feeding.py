"""Whether the input takes the time: a step beside the same step on data that is there already."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.limits.efficiency import with_feeding
from dlbench.records.case import Work, Workload
from fakes import runs
from fakes.runs import NUMPY, TORCH, case, changed

GPU = replace(TORCH, device="cuda")
PARAMS = {"network": "iris", "batch": 32}
STEP = Workload("train_step", PARAMS, Work(1000, 100, 32))
EPOCH = Workload("epoch", PARAMS, Work(5000, 500, 160))
STEP_S = 1e-3


def bound(fed, fed_s, target=GPU, bare="launch"):
    """The bound of a case, beside a bare step."""
    [step, other] = runs.rows((case(STEP, target), STEP_S), (fed, fed_s))
    rows = with_feeding([changed(step, bound=bare), other])
    assert rows[0].device.bound == bare
    return rows[1].device.bound


@pytest.mark.parametrize(
    ("times", "expected"), [(1.0, "launch"), (1.2, "launch"), (1.3, "input"), (10.0, "input")]
)
def test_an_epoch_is_compared_step_by_step(times, expected):
    epoch = case(EPOCH, replace(GPU, loop="dataloader"))
    assert bound(epoch, 5 * STEP_S * times) == expected


@pytest.mark.parametrize(("times", "expected"), [(1.2, "device"), (1.3, "input")])
def test_a_call_from_an_array_is_compared_with_the_bare_one(times, expected):
    fed = case(STEP, replace(GPU, call="array"))
    assert bound(fed, STEP_S * times, bare="device") == expected


@pytest.mark.parametrize(
    "fed",
    [
        case(replace(STEP, params={"network": "iris", "batch": 64}), replace(GPU, call="array")),
        case(STEP, replace(GPU, call="array", mode="compile")),
        case(STEP, replace(GPU, call="array", device="cuda:1")),
    ],
    ids=["batch", "mode", "device"],
)
def test_another_step_tells_nothing(fed):
    assert bound(fed, 10 * STEP_S) is None


def test_on_the_cpu_nothing_is_told():
    assert bound(case(STEP, replace(NUMPY, call="array")), 1.0, NUMPY, bare=None) is None

"""The share of a step that is overhead, and the share of the fastest product that it reaches."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.limits.efficiency import with_efficiency
from dlbench.records.case import Work, Workload
from fakes import runs
from fakes.runs import COMPILED, NUMPY, TORCH, case, forward, matmul, measured

FLOOR = Workload("floor", {"pass": "forward"}, Work(2, 3, 1))


def overheads(*outcomes):
    return {row.case: row.efficiency.overhead for row in with_efficiency(runs.rows(*outcomes))}


def test_the_floor_of_the_same_pass_and_target_is_a_share_of_the_step():
    step, floor = case(forward(), TORCH), case(FLOOR, TORCH)
    assert overheads((floor, 0.002), (step, 0.008))[step.id] == pytest.approx(0.25)


@pytest.mark.parametrize(
    "floor",
    [
        case(FLOOR, COMPILED),
        case(replace(FLOOR, params={"pass": "backward"}), TORCH),
        case(FLOOR, replace(TORCH, threads=7)),
    ],
    ids=["mode", "pass", "threads"],
)
def test_the_floor_of_another_target_or_pass_says_nothing(floor):
    step = case(forward(), TORCH)
    assert overheads((floor, 0.002), (step, 0.008))[step.id] is None


def test_a_step_is_no_less_than_its_floor():
    step, floor = case(forward(), TORCH), case(FLOOR, TORCH)
    assert overheads((floor, 0.009), (step, 0.008))[step.id] == 1


def test_the_floor_itself_and_what_was_not_measured_have_no_share():
    step, floor = case(forward(), TORCH), case(FLOOR, TORCH)
    assert overheads((floor, 0.009), (step, "no such device")) == {floor.id: None, step.id: None}


# 2·100³ FLOPs in 1 ms are 2 GFLOP/s.
PRODUCT, PRODUCT_S = matmul(100), 1e-3
# 2·32·(4·10 + 10·8 + 8·3) FLOPs in so many seconds are 0.5 GFLOP/s.
STEP, STEP_S = case(forward("iris", 32), TORCH), 2 * 32 * 144 / 0.5e9


def utilisations(*outcomes):
    return {row.case: row.efficiency.utilisation for row in with_efficiency(runs.rows(*outcomes))}


def test_the_share_is_the_rate_over_that_of_the_product():
    product = case(PRODUCT, TORCH)
    assert utilisations((product, PRODUCT_S), (STEP, STEP_S))[STEP.id] == pytest.approx(0.25)


@pytest.mark.parametrize("order", [1, -1])
def test_the_fastest_product_counts_whatever_its_size_and_backend(order):
    """That of 200 is the slowest, at 0.8 GFLOP/s; NumPy's of 100 the fastest, at 4."""
    products = [
        (case(matmul(200), TORCH), 2e-2),
        (case(PRODUCT, NUMPY), PRODUCT_S / 2),
        (case(PRODUCT, COMPILED), PRODUCT_S),
    ]
    found = utilisations(*products[::order], (STEP, STEP_S))
    assert found[STEP.id] == pytest.approx(0.5 / 4)


@pytest.mark.parametrize(
    "other", [{"device": "cuda"}, {"dtype": "float64"}, {"threads": 7}], ids=str
)
def test_a_product_of_another_device_dtype_or_number_of_threads_is_no_ceiling(other):
    """However fast it is; and its own networks are a share of it."""
    elsewhere = replace(TORCH, **other)
    there = case(forward("iris", 32), elsewhere)
    fast = case(PRODUCT, elsewhere), PRODUCT_S / 10
    assert utilisations(fast, (STEP, STEP_S))[STEP.id] is None
    both = utilisations((case(PRODUCT, TORCH), PRODUCT_S), fast, (STEP, STEP_S), (there, STEP_S))
    assert both[STEP.id] == pytest.approx(0.5 / 2)
    assert both[there.id] == pytest.approx(0.5 / 20)


def test_without_a_product_there_is_no_share():
    assert utilisations((STEP, STEP_S)) == {STEP.id: None}


WRONG = replace(measured(case(PRODUCT, TORCH), PRODUCT_S), status="parity_failed")


@pytest.mark.parametrize(
    "outcome", ["no such device", 0.0, WRONG], ids=["skipped", "no time", "wrong"]
)
def test_a_product_without_a_time_that_counts_is_no_ceiling(outcome):
    assert utilisations((case(PRODUCT, TORCH), outcome), (STEP, STEP_S))[STEP.id] is None


def test_products_and_what_was_not_measured_have_no_share():
    slow, fast = case(PRODUCT, TORCH), case(PRODUCT, NUMPY)
    found = utilisations((slow, PRODUCT_S), (fast, PRODUCT_S / 2), (STEP, "no such device"))
    assert found == {slow.id: None, fast.id: None, STEP.id: None}

"""The least bytes that a step moves: inputs, weights and results, each once."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.limits.traffic import least_bytes
from dlbench.networks.base import named
from dlbench.records.case import Work, Workload
from dlbench.workloads import _work
from fakes.runs import NUMPY, matmul

IRIS = named("iris")  # 4 inputs, layers of 10, 8 and 3
KERNELS = 4 * 10 + 10 * 8 + 8 * 3


def step(kind: str, batch: int = 32) -> Workload:
    work = {"predict": _work.forward, "forward": _work.forward}.get(kind, _work.backward)
    return Workload(kind, {"network": "iris", "batch": batch}, work(IRIS, batch))


def test_a_product_moves_both_operands_and_the_result() -> None:
    elements = 10 * 30 + 30 * 20 + 10 * 20
    assert least_bytes(matmul(10, 20, 30), NUMPY, None) == 4 * elements
    double = replace(NUMPY, dtype="float64")
    assert least_bytes(matmul(10, 20, 30), double, None) == 8 * elements


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        ("predict", 32 * 4 + KERNELS + 32 * 3),
        ("forward", 32 * 4 + KERNELS),
        ("backward", 32 * 4 + 2 * KERNELS),
        ("train_step", 32 * 4 + 2 * KERNELS),
        ("retrace", 32 * 4 + 2 * KERNELS),
    ],
)
def test_what_lies_between_the_layers_does_not_count(kind: str, elements: int) -> None:
    assert least_bytes(step(kind), NUMPY, IRIS) == 4 * elements


def test_an_epoch_reads_all_rows_and_may_keep_the_weights() -> None:
    rows = 105
    epoch = Workload("epoch", {"network": "iris", "batch": 32}, _work.epoch(IRIS, rows, 32))
    assert least_bytes(epoch, NUMPY, IRIS) == 4 * (rows * 4 + 2 * KERNELS)


def test_it_is_never_more_than_the_multiplications_move() -> None:
    """Whose operands and results are counted layer by layer."""
    for kind in ("predict", "forward", "backward", "train_step"):
        for batch in (1, 32, 4096):
            one = step(kind, batch)
            assert least_bytes(one, NUMPY, IRIS) <= one.work.bytes("float32")


@pytest.mark.parametrize(
    ("workload", "target", "network"),
    [
        (step("predict"), NUMPY, None),
        (replace(step("predict"), kind="transfer"), NUMPY, IRIS),
        (step("predict"), replace(NUMPY, dtype="int4"), IRIS),
        (Workload("predict", {"network": "iris"}, Work(1, 1, None)), NUMPY, IRIS),
    ],
    ids=["no network", "kind", "dtype", "no rows"],
)
def test_what_is_not_known_has_none(workload, target, network) -> None:
    assert least_bytes(workload, target, network) is None

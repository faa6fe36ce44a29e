"""The names of workloads, targets and cases."""

import pytest

from dlbench.records.case import Target
from fakes.runs import TORCH, case, forward, matmul


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        (matmul(64, 32, 16), "matmul/64x32x16"),
        (matmul(512), "matmul/512x512x512"),
        (forward("mnist-512", 64), "forward/mnist-512/b64"),
    ],
)
def test_the_id_of_a_workload_spells_its_parameters(workload, expected) -> None:
    assert workload.id == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (TORCH, "torch/cpu/eager/float32/t2"),
        (Target("torch", "cuda:1", "compile", "tf32", 1), "torch/cuda:1/compile/tf32/t1"),
    ],
)
def test_the_id_of_a_target_spells_its_axes(target: Target, expected: str) -> None:
    assert target.id == expected


def test_the_id_of_a_case_is_that_of_its_workload_and_its_target() -> None:
    assert case(forward(), TORCH).id == "forward/iris/b32/torch/cpu/eager/float32/t2"

"""Which wishes no target has together, and what is said of them."""

import pytest

from dlbench.errors import UsageError
from dlbench.plan.targets import targets_for
from tests.fakes.machine import machine


def refusal(gpus: int, **axes: str) -> str:
    """What is said of wishes that no target has."""
    with pytest.raises(UsageError) as caught:
        targets_for({axis: words.split(",") for axis, words in axes.items()}, machine(gpus=gpus))
    return str(caught.value)


@pytest.mark.parametrize(
    ("axes", "gpus", "message"),
    [
        ({"dtype": "tf32"}, 0, "tf32 exists only on a CUDA GPU, and none was found."),
        ({"dtype": "tf32", "device": "cpu"}, 1, "tf32 exists only on cuda, not on cpu."),
        (
            {"dtype": "float64", "device": "cuda:1"},
            2,
            "float64 exists only on cpu, not on cuda:1.",
        ),
        (
            {"mode": "graph,jit", "backend": "alpha"},
            0,
            (
                "graph, jit exist only in beta, not in alpha. "
                "Allowed: alpha: eager; on cpu (float32, float64)."
            ),
        ),
        (
            {"device": "cuda", "backend": "alpha"},
            1,
            (
                "cuda exists only in beta, not in alpha. "
                "Allowed: alpha: eager; on cpu (float32, float64)."
            ),
        ),
    ],
)
def test_two_wishes_that_exclude_each_other_are_named(axes, gpus: int, message: str) -> None:
    assert refusal(gpus, **axes) == message


def test_where_no_two_wishes_clash_all_are_told() -> None:
    said = refusal(0, backend="beta,alpha", mode="static", device="cpu", dtype="float64")
    assert said.startswith("no backend supports all of these options together: ")
    assert "beta, alpha: static, float64, cpu" in said
    assert said.endswith("; alpha: eager; on cpu (float32, float64).")

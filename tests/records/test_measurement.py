"""What is derived of a sample and of a check."""

import math

import pytest

from dlbench.records.measurement import ParityCheck, Sample


def test_a_step_takes_its_share_of_the_block() -> None:
    assert Sample(iterations=4, host_s=2.0, started_s=0.0).step_s == 0.5


@pytest.mark.parametrize(
    ("error", "passed"),
    [(0.0, True), (1e-5, True), (1.1e-5, False), (None, False), (math.nan, False)],
)
def test_parity_holds_up_to_the_tolerance(error: float | None, passed: bool) -> None:  # noqa: FBT001
    assert ParityCheck("loss", error, 1e-5).passed is passed


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("loss", "the loss"),
        ("gradient/layer0.kernel", "the gradient by the kernel of layer 0"),
        ("weight/layer1.bias", "the bias of layer 1 after one step"),
        ("adam: weight/layer1.bias", "the bias of layer 1 after one step (adam)"),
        ("epoch: layer12.gamma", "the gamma of layer 12 (epoch)"),
    ],
)
def test_a_check_names_its_quantity_in_words(quantity: str, words: str) -> None:
    assert ParityCheck(quantity, 0.03, 0.008).subject == words


def test_a_check_names_its_fault() -> None:
    wrong = ParityCheck("weight/layer1.bias", 0.0312, 0.008)
    expected = "relative error of 0.031 in the bias of layer 1 after one step (allowed: 0.008)"
    assert wrong.fault == expected
    assert ParityCheck("outputs", None, 1e-5).fault == "no finite number in the outputs"

"""Cards that are refused, and cards that are hidden: why, and what to do."""

import pytest

from dlbench.machine.gpu.fitness import PIPES, hidden, refusals
from dlbench.machine.gpu.variables import VISIBLE
from dlbench.records.machine.device import Device
from fakes.nvml import uuid

H200 = Device("cuda", uuid("a"), "NVIDIA H200", compute_mode="default")


@pytest.fixture
def calm(tmp_path):
    """Variables with which no service is found."""
    return {PIPES: str(tmp_path)}


@pytest.mark.parametrize("mode", ["default", None])
def test_a_card_that_several_may_use_is_not_refused(calm, mode):
    assert refusals([Device("cuda", uuid("a"), "H200", compute_mode=mode)], calm) == {}


@pytest.mark.parametrize("mode", ["exclusive process", "prohibited"])
def test_another_compute_mode_is_refused_with_what_changes_it(calm, mode):
    card = Device("cuda:1", uuid("a"), "NVIDIA H200", compute_mode=mode)
    [(device, why)] = refusals([card, H200], calm).items()
    assert device == "cuda:1"
    assert f"'{mode}'" in why
    assert "sudo nvidia-smi --compute-mode DEFAULT" in why


def test_a_service_that_is_shared_is_refused_with_what_ends_it(calm, tmp_path):
    (tmp_path / "control").touch()
    [why] = refusals([H200], calm).values()
    assert "Multi-Process Service" in why
    assert "echo quit | nvidia-cuda-mps-control" in why
    assert str(tmp_path) in why


def test_hidden_cards_are_not_refused(calm):
    assert refusals([Device("", uuid("a"), "H200", compute_mode="prohibited")], calm) == {}


def test_what_is_hidden_is_told_with_what_to_do():
    cards = [H200, Device("", uuid("b"), "NVIDIA T4")]
    assert hidden(cards, {VISIBLE: "0"}) == (
        "CUDA_VISIBLE_DEVICES='0' hides 1 of 2 GPUs that the driver lists; unset it, or name a "
        f"card: {uuid('a')}, {uuid('b')}"
    )


def test_where_nothing_is_hidden_nothing_is_told():
    assert hidden([H200], {}) == hidden([], {VISIBLE: ""}) == ""

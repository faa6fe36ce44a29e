"""What a crossover is about, in words."""

from msgspec.structs import replace

from fakes.crossings import GPU, subject
from fakes.runs import NUMPY, TORCH


def test_targets_are_named_by_what_tells_them_apart() -> None:
    assert subject().names == ("numpy", "torch")
    assert subject(TORCH, GPU).names == ("cpu", "cuda")
    assert subject(NUMPY, GPU).names == ("numpy cpu", "torch cuda")


def test_only_targets_that_differ_in_the_device_alone_are_devices() -> None:
    assert subject(TORCH, GPU).differ_in_device
    assert not subject(NUMPY, GPU).differ_in_device
    assert not subject().differ_in_device


def test_a_sentence_calls_devices_by_their_common_names() -> None:
    assert subject(TORCH, GPU).words("left") == "the CPU"
    assert subject(TORCH, GPU).words("right") == "the GPU"
    assert subject().words("right") == "torch"


def test_the_setting_says_where_the_data_lie() -> None:
    assert subject().setting == "cpu, eager, float32, 2 threads, data on the device"
    fed = [replace(one, call="array") for one in (NUMPY, TORCH)]
    assert subject(*fed).setting.endswith("data from the host at every step")


def test_values_are_told_with_their_axis() -> None:
    assert subject().at(1023.6) == "batch 1,024"

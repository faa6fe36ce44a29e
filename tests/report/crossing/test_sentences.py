"""A crossover in a sentence: a name is called faster only where that is sure."""

import pytest
from msgspec.structs import replace

from dlbench.answers.crossing import Sure
from dlbench.report.crossing.sentences import answer, costs
from fakes.crossings import CHANGE, GPU, PLACES, place, subject
from fakes.runs import TORCH

UNSURE = tuple(replace(one, faster=None) for one in PLACES)


def all_of(side):
    return tuple(replace(one, faster=side) for one in PLACES)


def test_the_change_is_told_with_its_interval() -> None:
    assert answer(subject()) == "Below batch 96 [80–116] use numpy, from there on torch"


def test_devices_are_called_cpu_and_gpu() -> None:
    found = subject(TORCH, GPU, change=replace(CHANGE, value=1500, low=1200, high=1800))
    assert answer(found) == ("Below batch 1,500 [1,200–1,800] use the CPU, from there on the GPU")


def test_the_right_target_may_be_the_one_below() -> None:
    found = subject(change=replace(CHANGE, below="right"))
    assert answer(found) == "Below batch 96 [80–116] use torch, from there on numpy"


@pytest.mark.parametrize(
    ("sure", "places", "text"),
    [
        (
            (Sure("right", 1, 4096),),
            (place(1, 20, 10, "right"), place(4096, 90, 10, "right")),
            (
                "torch is faster at every batch measured (1 to 4,096); "
                "numpy takes 2.0 to 9.0 times as long"
            ),
        ),
        (
            (Sure("left", 1, 4096),),
            (*PLACES[:1], *UNSURE[1:4], place(4096, 10, 90, "left")),
            (
                "numpy is faster at every batch measured (1 to 4,096), "
                "but at 3 of them it cannot be told; torch takes 9.0 times as long"
            ),
        ),
        (
            (Sure("right", 128, 4096),),
            UNSURE,
            "torch is faster from batch 128 on; below, it cannot be told (measured: 1 to 4,096)",
        ),
        (
            (Sure("left", 1, 64),),
            UNSURE,
            "numpy is faster up to batch 64; above, it cannot be told (measured: 1 to 4,096)",
        ),
        (
            (Sure("left", 64, 64),),
            UNSURE,
            "numpy is faster at batch 64; elsewhere, it cannot be told (measured: 1 to 4,096)",
        ),
        (
            (Sure("left", 64, 128),),
            UNSURE,
            (
                "numpy is faster from batch 64 to 128; elsewhere, it cannot be told "
                "(measured: 1 to 4,096)"
            ),
        ),
        (
            (),
            UNSURE,
            "It cannot be told which of the two is faster at any batch measured (1 to 4,096)",
        ),
        ((), UNSURE[:1], "It cannot be told which of the two is faster at batch 1"),
        ((), (), "It cannot be told which of the two is faster: nothing was measured"),
        (
            (Sure("left", 1, 1), Sure("right", 64, 96), Sure("left", 128, 4096)),
            PLACES,
            (
                "The faster of the two changes more than once: numpy at batch 1, "
                "torch at batch 64 to 96, numpy at batch 128 to 4,096"
            ),
        ),
    ],
)
def test_without_a_single_change_it_is_told_what_is_sure(sure, places, text) -> None:
    assert answer(subject(sure=sure, places=places, change=None)) == text


def test_a_device_begins_a_sentence_with_a_capital() -> None:
    found = subject(TORCH, GPU, sure=(Sure("right", 1, 4096),), places=all_of("right"), change=None)
    assert answer(found).startswith("The GPU is faster at every batch measured")


def test_cost_lines_are_told_with_how_well_they_fit() -> None:
    assert list(costs(subject())) == [
        "numpy: a step takes about 9.00 µs + batch / 1,000,000 per s (within 4 %)",
        (
            "torch: a step takes about 88.0 µs + batch / 5,000,000 per s (off by up to 40 %: no "
            "straight line)"
        ),
    ]


def test_work_that_is_not_proportional_has_a_rate_of_operations() -> None:
    line = subject().comparison.left_cost
    (text,) = costs(
        subject(
            left_cost=replace(line, start_s=0.0, rate_per_s=None, flops_per_s=2.5e9),
            right_cost=None,
        )
    )
    assert text == "numpy: a step takes about work / 2.50 GFLOP/s (within 4 %)"

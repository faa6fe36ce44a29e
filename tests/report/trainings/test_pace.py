"""The pace of a training in sentences."""

import pytest
from msgspec.structs import replace

from dlbench.report.trainings.pace import sentence, warnings
from dlbench.trainings.pace import Pace, Trend
from fakes.runs import ENVIRONMENT

PACE = Pace(
    target="numpy/cpu",
    epochs=100,
    left_out=0,
    busy=False,
    disturbed=0,
    throttled=0,
    median_s=1e-3,
    shortest_s=0.9e-3,
    longest_s=7.2e-3,
    quartile_1=0.95e-3,
    quartile_3=1.1e-3,
)
BUSY = replace(PACE, busy=True, disturbed=60)


def test_the_spread_of_the_epochs_is_told():
    assert sentence("numpy", PACE) == (
        "Epochs of numpy: half took 950 µs to 1.10 ms, all 900 µs to 7.20 ms"
    )
    few = replace(PACE, epochs=2, quartile_1=None, quartile_3=None)
    assert sentence("numpy", few) == "Epochs of numpy: 900 µs to 7.20 ms"
    assert sentence("numpy", replace(few, epochs=1)) is None


def test_what_was_left_out_is_told():
    some = replace(PACE, left_out=12)
    assert sentence("x", some).endswith("; 12 of 112 left out, as other programs used the CPU")


@pytest.mark.parametrize(
    ("trend", "words"),
    [
        (Trend(0.12, 0.08, 0.16, 100), "they get slower: +12 % [8, 16] per 100 epochs"),
        (Trend(0.12, 0.003, 0.25, 100), "they get slower: +12.0 % [0.3, 25.0] per 100 epochs"),
        (Trend(-0.3, -0.35, -0.25, 40), "they get faster: -30 % [-35, -25] per 40 epochs"),
        (Trend(1.5, 1.2, 1.8, 100), "they get slower: +150 % [120, 180] per 100 epochs"),
    ],
)
def test_a_trend_is_told_with_its_interval_whose_ends_are_not_0(trend, words):
    assert sentence("x", replace(PACE, trend=trend)).endswith(f"; {words}")


def test_without_a_trend_none_is_told():
    assert "they get" not in sentence("x", PACE)


def test_a_quiet_training_has_no_warning():
    assert warnings("x", PACE, 2, ENVIRONMENT) == []


@pytest.mark.parametrize(
    ("free", "threads", "advice"),
    [
        (1.1, 2, "Use --threads 1 (2 threads, and 1.1 cores were free), or close other "),
        (0.4, 2, "Use --threads 1 (2 threads, and less than one core was free), or close other "),
        (3.2, 8, "Use --threads 3 (8 threads, and 3.2 cores were free), or close other "),
        (0.4, 1, "Close other programs and train again"),
        (2.5, 2, "Close other programs and train again"),
        (None, 2, "Close other programs and train again"),
    ],
)
def test_fewer_threads_are_advised_where_there_were_more_than_free_cores(free, threads, advice):
    [line] = warnings("torch", replace(BUSY, free_cores=free), threads, ENVIRONMENT)
    assert line.startswith(
        "other programs used the CPU during 60 of 100 epochs of torch, so its times are too long. "
    )
    assert advice in line


def test_many_disturbed_epochs_are_a_warning_though_the_quiet_ones_suffice():
    some = replace(PACE, epochs=80, left_out=20, disturbed=20)
    [line] = warnings("torch", some, 1, ENVIRONMENT)
    assert line == (
        "other programs used the CPU during 20 of 100 epochs of torch, which its time per epoch "
        "leaves out. Close other programs and train again"
    )
    assert (
        warnings("torch", replace(PACE, epochs=95, left_out=5, disturbed=5), 1, ENVIRONMENT) == []
    )


def test_a_quota_is_named_as_a_quota():
    machine = replace(ENVIRONMENT, quota_cores=1.0)
    [line] = warnings("torch", replace(PACE, throttled=30), 2, machine)
    assert line == (
        "the container's CPU limit of 1 core stopped torch in 30 of 100 epochs. "
        "To train without stops, use --threads 1, or raise the limit"
    )
    assert warnings("torch", replace(PACE, throttled=10), 2, machine) == []

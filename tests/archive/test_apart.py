"""The time of one case in two runs, and what of it can be claimed."""

from math import log

import pytest
from msgspec.structs import replace

from dlbench.analysis.samples import join_generations
from dlbench.archive.apart import Anchors, Both, apart, correlation_in, interval, times_of
from dlbench.stats.between import NO_ANCHOR
from dlbench.stats.location import Variance
from fakes.runs import NUMPY, TORCH, case, matmul, measured, samples

USUAL = Variance(2e-4, 4)
CUDA = replace(TORCH, device="cuda:0")


def times(a, b, target=NUMPY, *, is_unchanged=True, **fields):
    one = case(matmul(8), target)
    pair = [
        join_generations([measured(one, samples=blocks, **fields)])[one.id] for blocks in (a, b)
    ]
    return times_of(Both(one, *pair), [None, None], 0.0, is_unchanged=is_unchanged)


def steady(step_s, **fields):
    return tuple(replace(one, **fields) for one in samples(*[step_s] * 8))


def test_the_ratio_is_that_of_b_to_a():
    found = apart(times(steady(1e-3), steady(2e-3)), NO_ANCHOR)
    assert found.found.value == pytest.approx(log(2))
    assert found.lower(0.025) < log(2) < found.upper(0.025)


def test_slower_and_faster_are_each_others_mirror():
    ahead, behind = (apart(times(steady(1e-3), steady(1e-3 * f)), NO_ANCHOR) for f in (0.25, 4.0))
    assert ahead.p_faster(0.02) == pytest.approx(behind.p_slower(0.02))
    assert ahead.p_slower(0.02) > 0.9


@pytest.mark.parametrize(
    ("a", "b", "problem"),
    [
        (steady(1e-3), steady(1e-3, flags=("busy",)), "other programs were running in B"),
        (
            steady(1e-3, flags=("throttled",)),
            steady(1e-3),
            "the container's CPU limit interrupted samples in A",
        ),
        (steady(1e-3), samples(1e-3, 1e-3), "too few samples for an interval in B (2)"),
        (steady(1e-3), (), "no time in B"),
    ],
)
def test_what_cannot_be_judged_says_why(a, b, problem):
    found = times(a, b)
    assert (found.problem, found.is_known) == (problem, False)
    assert apart(found, NO_ANCHOR).lower(0.025) is None
    assert apart(found, NO_ANCHOR).p_slower(0.0) is None


def test_the_anchor_of_a_target_rests_on_the_others():
    ours = times(steady(1e-3), steady(1.5e-3))
    theirs = times(steady(1e-3), steady(1.2e-3), TORCH)
    found = Anchors([ours, theirs], USUAL)
    assert found.of(NUMPY).value == pytest.approx(log(1.2))
    assert found.of(TORCH).value == pytest.approx(log(1.5))
    assert found.of_machine()["cpu"].cases == 2


def test_a_processor_is_no_anchor_of_a_gpu():
    found = Anchors([times(steady(1e-3), steady(1.5e-3))], USUAL)
    assert found.of(CUDA) == NO_ANCHOR


def test_what_has_changed_is_no_anchor():
    found = Anchors([times(steady(1e-3), steady(1.5e-3), is_unchanged=False)], USUAL)
    assert found.of(TORCH) == NO_ANCHOR
    assert found.of_machine() == {}


def test_the_correlation_of_a_run_is_that_of_a_typical_case():
    one = case(matmul(8))
    rising = join_generations([measured(one, *[1e-3 + 1e-6 * n for n in range(20)])])
    assert correlation_in(rising.values()) > 0.5
    assert correlation_in([]) == 0


def test_an_interval_is_written_as_ratios():
    assert interval(log(1.07), log(1.32)) == "1.07–1.32x"
    assert interval(log(2), float("inf")) == "at least 2.00x"

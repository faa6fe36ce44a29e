"""Answers on runs of known truth: per workload, like for like, and over all workloads."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import answers_of
from dlbench.errors import UsageError
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul
from fakes.samples import flagged, turns

GPU = replace(TORCH, device="cuda")
FAST, SLOW = matmul(64), matmul(128)


def answered(*told, **settings):
    return answers_of(RunAnalysis(turns(*told, **settings)))


BOTH = ((FAST, {TORCH: 2e-3, GPU: 1e-3}), (SLOW, {TORCH: 8e-3, GPU: 1e-3}))


def test_each_workload_has_its_fastest_side_and_the_other() -> None:
    found = answered(*BOTH, luck=0.005)
    assert [one.axis for one in found.asked] == ["device"]
    small, large = found.by_workload
    assert (small.workload, small.left, small.right) == (FAST.id, "cuda", "cpu")
    assert (small.left_case, small.right_case) == (case(FAST, GPU).id, case(FAST, TORCH).id)
    assert small.verdict == large.verdict == "slower"
    assert small.low < 2 < small.high
    assert large.ratio == pytest.approx(8, rel=0.03)
    assert small.p <= small.p_gate <= 0.05


def test_the_side_that_is_faster_may_differ_by_workload() -> None:
    found = answered((FAST, {TORCH: 1e-3, GPU: 2e-3}), BOTH[1])
    assert [one.left for one in found.by_workload] == ["cpu", "cuda"]
    (overall,) = found.overall
    assert (overall.left, overall.left_faster, overall.right_faster) == ("cpu", 1, 1)
    assert overall.ratio == pytest.approx((2 / 8) ** 0.5, rel=0.02)
    assert (overall.least, overall.most) == pytest.approx((1 / 8, 2), rel=0.02)


def test_like_is_compared_with_like() -> None:
    times = {NUMPY: 1e-3, TORCH: 4e-3, COMPILED: 2e-3}
    found = answered((FAST, times), (SLOW, times), luck=0.002)
    (alike,) = [one for one in found.alike if one.question == "mode_kind"]
    assert (alike.left, alike.right, alike.workloads) == ("eager", "compile", 2)
    assert alike.ratio == pytest.approx(0.5, rel=0.01)
    assert alike.low < 0.5 < alike.high
    assert alike.right_faster == 2
    between = [one for one in found.overall if one.question == "mode_kind"]
    assert between[0].ratio == pytest.approx(2, rel=0.01), "NumPy is the best eager one"


def test_a_run_with_one_target_asks_nothing() -> None:
    found = answered((FAST, {TORCH: 1e-3}))
    assert (found.asked, found.by_workload, found.overall, found.alike) == ((), (), (), ())


def test_a_disturbed_side_has_an_answer_without_a_verdict() -> None:
    found = answered(BOTH[0], change={TORCH: flagged(1)})
    (one,) = found.by_workload
    assert (one.verdict, one.p, one.busy) == ("unsure", None, True)


def test_a_baseline_is_the_left_side_wherever_it_is_a_side() -> None:
    analysis = RunAnalysis(turns(*BOTH, luck=0.005))
    found = answers_of(analysis, "cpu").by_workload
    assert [(one.left, one.right, one.verdict) for one in found] == [("cpu", "cuda", "faster")] * 2
    assert answers_of(analysis, "GPU").by_workload[0].left == "cuda"


def test_a_baseline_without_a_side_is_answered_with_all_sides() -> None:
    with pytest.raises(UsageError, match=r"unknown baseline: 'jax'\. Allowed: CPU, GPU"):
        answers_of(RunAnalysis(turns(*BOTH)), "jax")


def test_a_run_without_questions_says_so() -> None:
    with pytest.raises(UsageError, match="has no questions"):
        answers_of(RunAnalysis(turns((FAST, {TORCH: 1e-3}))), "torch")

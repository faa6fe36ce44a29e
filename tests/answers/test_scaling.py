"""What threads change, on runs of known truth."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import answers_of
from fakes.runs import COMPILED, NUMPY, TORCH, forward, matmul
from fakes.samples import flagged, turns

PRODUCT = matmul(64)
# The run's machine has 2 usable cores (fakes.runs.ENVIRONMENT).
CORES = 2


def threads(target, times):
    """A target with these numbers of threads, and the seconds of a step with each."""
    return {replace(target, threads=count): seconds for count, seconds in times.items()}


def scalings(*told, **settings):
    return answers_of(RunAnalysis(turns(*told, **{"luck": 0.005, **settings}))).scalings


def test_the_usual_threads_are_compared_with_the_best_of_the_others() -> None:
    [one] = scalings((PRODUCT, threads(NUMPY, {1: 1e-3, 2: 2e-3})))
    assert (one.workload, one.usual, one.best, one.counts) == (PRODUCT.id, 2, 1, (1, 2))
    assert one.verdict == "slower"
    assert one.ratio == pytest.approx(2.0, rel=0.02)
    assert one.low < 2.0 < one.high


def test_more_threads_that_help_are_best() -> None:
    [one] = scalings((PRODUCT, threads(NUMPY, {1: 4e-3, 2: 2e-3})))
    assert (one.verdict, one.cliffs) == ("faster", ())
    assert one.ratio == pytest.approx(0.5, rel=0.02)


def test_without_the_default_the_most_threads_are_the_usual_ones() -> None:
    [one] = scalings((PRODUCT, threads(NUMPY, {1: 1e-3, 4: 3e-3})))
    assert (one.usual, one.best) == (4, 1)
    [one] = scalings((PRODUCT, threads(NUMPY, {1: 3e-3, 2: 1e-3, 4: 1e-3})))
    assert one.usual == CORES


@pytest.mark.parametrize(
    ("times", "settings", "verdict"),
    [
        ({1: 1e-3, 2: 1.0001e-3}, {"luck": 0.0}, "same"),
        ({1: 1e-3, 2: 1.1e-3}, {"luck": 0.5}, "unsure"),
        (
            {1: 1e-3, 2: 1.02e-3},
            {"change": {replace(NUMPY, threads=1): flagged(1)}},
            "unsure",
        ),
    ],
    ids=["same", "luck", "busy"],
)
def test_what_cannot_be_told_is_not_told(times, settings, verdict) -> None:
    [one] = scalings((PRODUCT, threads(NUMPY, times)), **settings)
    assert (one.verdict, one.cliffs) == (verdict, ())


def test_a_cliff_is_where_one_more_step_of_threads_takes_much_longer() -> None:
    times = {1: 4e-3, 2: 2e-3, 4: 1e-3, 8: 3e-3}
    [one] = scalings((PRODUCT, threads(NUMPY, times)))
    [cliff] = one.cliffs
    assert (cliff.fewer, cliff.more) == (4, 8)
    assert cliff.ratio == pytest.approx(3.0, rel=0.02)
    assert cliff.low < 3.0 < cliff.high


def test_a_small_loss_is_no_cliff() -> None:
    [one] = scalings((PRODUCT, threads(NUMPY, {1: 1e-3, 2: 1.15e-3})))
    assert (one.verdict, one.cliffs) == ("slower", ())


def test_every_workload_and_target_scales_by_itself() -> None:
    both = threads(TORCH, {1: 1e-3, 2: 2e-3}) | threads(COMPILED, {1: 2e-3, 2: 1e-3})
    found = scalings((PRODUCT, both), (forward(), threads(NUMPY, {1: 1e-3, 2: 2e-3})))
    assert [(one.workload, one.verdict) for one in found] == [
        (PRODUCT.id, "slower"),
        (PRODUCT.id, "faster"),
        (forward().id, "slower"),
    ]


def test_a_gpu_and_a_single_number_of_threads_do_not_scale() -> None:
    there = threads(replace(TORCH, device="cuda"), {1: 1e-3, 2: 2e-3})
    assert scalings((PRODUCT, {**there, NUMPY: 1e-3})) == ()

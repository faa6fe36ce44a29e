"""Whether a machine has changed where a run was resumed, of runs of known truth."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.seams import drifts
from dlbench.records.measurement import Measurement
from dlbench.records.seam import Seam
from fakes.runs import case, matmul, measured, results, samples

CASE = case(matmul(8))


def resumed(check, generation=0, then=1e-3):
    """A run with one seam, whose case took `then` seconds before."""
    before = measured(CASE, *[then] * 12)
    return replace(results((CASE, before)), seams=(Seam("2026", 1, 0, check, generation),))


def test_a_run_that_was_not_stopped_has_no_seam():
    assert list(drifts(results((CASE, 1e-3)))) == []


@pytest.mark.parametrize(
    ("now_s", "is_beyond_doubt"), [(1e-3, False), (1.01e-3, False), (2e-3, True), (0.4e-3, True)]
)
def test_the_case_is_compared_with_itself(now_s, is_beyond_doubt):
    stored = resumed(measured(CASE, *[now_s] * 12))
    usual = replace(stored.run.luck, variance=0.03**2)
    stored = replace(stored, run=replace(stored.run, luck=usual))
    (found,) = drifts(stored)
    assert found.case == CASE
    assert found.change.value == pytest.approx(now_s / 1e-3)
    assert found.change.low < found.change.value < found.change.high
    assert found.is_beyond_doubt is is_beyond_doubt


def test_a_seam_without_a_case_is_a_seam():
    (found,) = drifts(resumed(None))
    assert (found.case, found.change, found.is_beyond_doubt) == (None, None, False)


def test_a_check_that_failed_shows_nothing():
    (found,) = drifts(resumed(Measurement(CASE.id, "failed", "it died")))
    assert (found.case, found.change, found.is_beyond_doubt) == (CASE, None, False)


def test_the_generation_of_before_is_the_one_that_the_seam_names():
    (found,) = drifts(resumed(measured(CASE, *[1e-3] * 12), generation=5))
    assert found.change is None


def test_disturbed_samples_do_not_count():
    busy = tuple(replace(one, flags=("busy",)) for one in samples(*[5e-3] * 12))
    check = measured(CASE, samples=(*busy, *samples(*[1e-3] * 12)))
    (found,) = drifts(resumed(check))
    assert found.change.value == pytest.approx(1)

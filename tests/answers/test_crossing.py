"""Two targets along an axis, on runs whose cost lines are known."""

import os

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.crossing import Comparison, compared, points_of
from dlbench.records.run import UsualLuck
from fakes.runs import NUMPY, TORCH, forward
from fakes.samples import flagged, turns

# How many times as many runs as in the gate: `nox -s simulate` takes five.
WHOLE = int(os.environ.get("DLBENCH_SIMULATE", "1"))

BATCHES = (1, 16, 64, 96, 128, 256, 1024)

# Microseconds: t = start + batch × each; they cross at 100.
NUMPY_US, TORCH_US = (10.0, 1.0), (90.0, 0.2)


def seconds(cost: tuple[float, float], batch: int) -> float:
    return (cost[0] + cost[1] * batch) * 1e-6


def analysis(left=NUMPY_US, right=TORCH_US, batches=BATCHES, **settings) -> RunAnalysis:
    rows = [
        (forward(batch=batch), {NUMPY: seconds(left, batch), TORCH: seconds(right, batch)})
        for batch in batches
    ]
    return RunAnalysis(turns(*rows, **{"generations": 1, "rounds": 20, **settings}))


def values(of: RunAnalysis) -> dict[str, int]:
    return {g.workload.id: int(g.workload.params["batch"]) for g in of.run.plan.groups}


def told(*args, **settings) -> Comparison:
    of = analysis(*args, **settings)
    return compared(of, "batch", values(of), NUMPY.id, TORCH.id)


def test_the_target_that_is_faster_below_and_above_is_told_with_the_crossing() -> None:
    found = told()
    assert [place.value for place in found.places] == list(BATCHES)
    assert [(one.side, one.first, one.last) for one in found.sure] == [
        ("left", 1, 96),
        ("right", 128, 1024),
    ]
    assert found.change is not None
    assert found.change.low <= 100 <= found.change.high
    assert found.change.value == pytest.approx(100, rel=0.03)
    assert (found.change.below, found.change.how) == ("left", "line")
    assert (found.change.last_below, found.change.first_above) == (96, 128)


def test_a_place_has_both_times_and_the_ratio_of_the_right_one() -> None:
    place = told().places[0]
    assert place.left_s == pytest.approx(11e-6, rel=0.05)
    assert place.right_s == pytest.approx(90.2e-6, rel=0.05)
    assert place.ratio == pytest.approx(90.2 / 11, rel=0.01)
    assert place.low is not None
    assert place.high is not None
    assert place.low < place.ratio < place.high
    assert place.faster == "left"
    assert place.flops == forward(batch=1).work.flops


def test_cost_lines_are_start_and_rate() -> None:
    found = told()
    for line, (start_us, each_us) in ((found.left_cost, NUMPY_US), (found.right_cost, TORCH_US)):
        assert line is not None
        assert line.start_s == pytest.approx(start_us * 1e-6, rel=0.08)
        assert line.rate_per_s == pytest.approx(1e6 / each_us, rel=0.08)
        assert line.worst < 0.08
        assert line.seconds(forward(batch=64).work.flops) == pytest.approx(
            seconds((start_us, each_us), 64), rel=0.05
        )


def test_a_cost_that_is_no_line_says_how_far_it_is_off() -> None:
    rows = [(forward(batch=b), {NUMPY: b**0.5 * 1e-5, TORCH: 1e-4}) for b in BATCHES]
    of = RunAnalysis(turns(*rows, generations=1))
    found = compared(of, "batch", values(of), NUMPY.id, TORCH.id)
    assert found.left_cost is not None
    assert found.left_cost.worst > 0.3


def test_two_times_make_no_cost_line() -> None:
    assert told(batches=(1, 1024)).left_cost is None


def test_one_side_that_wins_everywhere_has_no_change() -> None:
    found = told(right=(5.0, 0.2))
    assert found.change is None
    assert [(one.side, one.first, one.last) for one in found.sure] == [("right", 1, 1024)]


def test_much_luck_leaves_everything_open() -> None:
    found = told(left=(10.0, 1.0), right=(10.2, 1.02), luck=0.5)
    assert found.change is None
    assert found.sure == ()
    assert {place.faster for place in found.places} == {None}


def test_a_busy_machine_claims_nothing_of_a_small_difference() -> None:
    found = told(right=(11.0, 1.1), change={TORCH: flagged(1, factor=1.0)})
    assert found.sure == ()


def test_what_was_not_measured_is_left_open() -> None:
    of = analysis()
    found = compared(
        RunAnalysis(replace(turns(), run=of.run)), "batch", values(of), NUMPY.id, TORCH.id
    )
    assert {(place.left_s, place.right_s, place.ratio) for place in found.places} == {
        (None, None, None)
    }
    assert found.change is None
    assert found.left_cost is None


def test_a_point_has_its_own_error_and_the_luck_apart() -> None:
    quiet, lucky = (
        points_of(of, values(of), NUMPY.id, TORCH.id)
        for of in (analysis(luck=0.0), analysis(luck=0.05))
    )
    for a, b in zip(quiet, lucky, strict=True):
        assert b.error == pytest.approx(a.error, rel=0.5)
        assert b.luck.value >= 100 * a.luck.value


@pytest.mark.simulation
@pytest.mark.parametrize("shared", [False, True])
def test_intervals_hold_the_truth_in_whole_runs(*, shared: bool) -> None:
    """shared: all rows have the same luck, as they share their processes."""
    rng, held = np.random.default_rng(int(shared)), []
    for _ in range(80 * WHOLE):
        luck, seed = 0.02, int(rng.integers(2**31))
        factors = np.exp(luck * rng.standard_normal(2)) if shared else (1.0, 1.0)
        of = RunAnalysis(
            replace(
                (found := turns_of(0.0 if shared else luck, seed, factors)),
                run=replace(found.run, luck=UsualLuck(2 * luck**2, 4, runs=3)),
            )
        )
        change = compared(of, "batch", values(of), NUMPY.id, TORCH.id).change
        held.append(change is not None and change.low <= 100 <= change.high)
    assert np.mean(held) >= 0.93


def turns_of(luck: float, seed: int, factors):
    """A run whose processes are so many times as slow."""
    rows = [
        (
            forward(batch=batch),
            {
                NUMPY: float(factors[0]) * seconds(NUMPY_US, batch),
                TORCH: float(factors[1]) * seconds(TORCH_US, batch),
            },
        )
        for batch in BATCHES
    ]
    return turns(*rows, generations=1, rounds=16, luck=luck, seed=seed, has_nulls=False)


def test_places_are_in_ascending_order_whatever_the_order_of_the_rows() -> None:
    of = analysis(batches=(1, 1024, 64))
    found = compared(of, "batch", values(of), NUMPY.id, TORCH.id)
    assert [place.value for place in found.places] == [1, 64, 1024]

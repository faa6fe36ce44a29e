"""The level of a case: turns against stretches of known truth, and what comes of it."""

from math import log1p

import pytest
from msgspec.structs import replace

from dlbench.analysis.level import Level, doubt, level_of
from dlbench.analysis.pairing.located import Knowledge, located
from dlbench.analysis.pairing.pairs import pair_rounds
from dlbench.analysis.run import rows_of
from dlbench.analysis.samples import join_generations
from dlbench.analysis.verdicts import UNSTEADY, with_baseline
from dlbench.records.measurement import Sample, Stretch
from dlbench.stats.location import Variance
from fakes.runs import NUMPY, TORCH, case, matmul
from fakes.samples import turns

PRODUCT = matmul(256)
TORCHS = case(PRODUCT, TORCH).id
STEP_S = 1e-3


def stretch(generation, step_s=STEP_S, *, growth=1.0, first=1.5, flag=None):
    """A stretch of 40 blocks of 5 ms; in the first 20 ms, a step takes `first` times as long.

    growth: what the time of a step is multiplied with in the second half.
    """
    flags = (flag,) if flag else ()
    ramp = [_block(generation, first * step_s, "ramp", *flags)] * 4
    early = [_block(generation, step_s, *flags)] * 12
    late = [_block(generation, growth * step_s, *flags)] * 24
    return Stretch(0.3, 0.02, is_steady=growth == 1, samples=(*ramp, *early, *late))


def _block(generation, step_s, *flags):
    return Sample(5, 5 * step_s, 0.0, generation=generation, flags=flags)


def run(penalty=0.0, ratio=1.0, **about):
    """PyTorch takes `ratio` times as long as NumPy, and in turns `penalty` more than without."""
    found = turns((PRODUCT, {NUMPY: STEP_S, TORCH: ratio * STEP_S}), common=0.0)
    measurements = tuple(
        replace(
            one,
            lead_s=0.02,
            stretches=(stretch(one.generation, ratio * STEP_S / (1 + penalty), **about),) * 2,
        )
        if one.case == TORCHS
        else one
        for one in found.measurements
    )
    return replace(found, measurements=measurements)


def level(found):
    return level_of(join_generations(found.measurements)[TORCHS])


@pytest.mark.parametrize("penalty", [0.0, 0.05, 0.3])
def test_the_penalty_is_what_turns_cost(penalty) -> None:
    found = level(run(penalty))
    assert found.turn_penalty == pytest.approx(penalty, abs=0.005)
    assert found.penalty_low <= penalty <= found.penalty_high


def test_a_call_after_a_pause_is_that_of_the_first_20_ms() -> None:
    found = level(run(first=1.7))
    assert (found.after_pause, found.pause_s) == (pytest.approx(1.7), 0.3)
    assert (found.lead_s, found.steady) == (0.02, True)


def test_without_a_stretch_nothing_is_known() -> None:
    (first, *_) = turns((PRODUCT, {NUMPY: STEP_S})).measurements
    assert level_of(join_generations([first])[first.case]) == Level()


def test_a_stretch_that_was_disturbed_all_the_time_tells_nothing() -> None:
    assert level(run(flag="busy")) == Level()


def test_a_penalty_is_a_doubt_only_where_it_is_large_and_sure() -> None:
    assert doubt(level(run(0.3))) == pytest.approx(log1p(0.3), abs=0.005)
    assert doubt(level(run(0.01))) == 0
    assert doubt(Level(turn_penalty=0.3)) == 0


def verdict(found, **about):
    known = join_generations(found.measurements)
    pair = pair_rounds(known[TORCHS], known[case(PRODUCT, NUMPY).id])
    (comparison,) = with_baseline([located(pair, Knowledge(Variance(0.0, 0)))._replace(**about)])
    return comparison


def test_a_doubt_widens_the_interval_and_no_number_of_rounds_removes_it() -> None:
    found = run(ratio=1.2)
    sure, doubtful = verdict(found), verdict(found, doubt=log1p(0.3))
    assert (sure.verdict, doubtful.verdict) == ("slower", "unsure")
    assert doubtful.ratio_low == pytest.approx(sure.ratio_low / 1.3)
    assert doubtful.ratio_high == pytest.approx(sure.ratio_high * 1.3)
    assert doubtful.p > sure.p
    assert "turns may have changed the ratio by up to 30 %" in doubtful.reason


def test_a_difference_far_beyond_the_doubt_is_one_all_the_same() -> None:
    assert verdict(run(ratio=2.0), doubt=log1p(0.3)).verdict == "slower"


def test_the_rows_of_a_run_take_the_doubt_into_account() -> None:
    torch = next(row for row in rows_of(run(penalty=0.3, ratio=1.2)) if row.case == TORCHS)
    assert torch.comparison.verdict == "unsure"
    assert torch.level.turn_penalty == pytest.approx(0.3, abs=0.01)


def test_a_case_that_never_gets_steady_has_no_verdict() -> None:
    torch = next(row for row in rows_of(run(ratio=2.0, growth=1.2)) if row.case == TORCHS)
    assert (torch.comparison.verdict, torch.comparison.reason) == ("unsure", UNSTEADY)
    assert torch.comparison.p is None

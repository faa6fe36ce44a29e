"""Verdicts on runs whose truth is known: who is faster, and when nothing may be said."""

from collections.abc import Callable
from math import exp, log, log1p

import pytest
from msgspec.structs import replace

from dlbench.analysis.pairing.located import Knowledge, LocatedPair, located
from dlbench.analysis.pairing.pairs import Pair, pair_rounds
from dlbench.analysis.samples import ENOUGH, CaseSamples, join_generations
from dlbench.analysis.verdicts import MARGIN, Comparison, with_baseline, with_gates, without_figures
from dlbench.records.measurement import Sample
from dlbench.results.folder import Results
from dlbench.stats.location import Location, Variance
from dlbench.stats.luck import USUAL
from fakes.runs import NUMPY, TORCH, case, matmul, measured, results_of
from fakes.samples import flagged, in_generations, turns

PRODUCT = matmul(256)
A, B = case(PRODUCT, NUMPY).id, case(PRODUCT, TORCH).id


def pair_of(found: Results) -> Pair:
    """PyTorch over NumPy."""
    known = join_generations(found.measurements)
    return pair_rounds(known[B], known[A])


def run(ratio: float, **settings: object) -> Results:
    """PyTorch takes `ratio` times the time of NumPy."""
    return turns((PRODUCT, {NUMPY: 1e-3, TORCH: ratio * 1e-3}), has_nulls=False, **settings)


NO_LUCK = Knowledge(Variance(0.0, 0))


def verdict_on(found: Results, margin: float = MARGIN, known: Knowledge = NO_LUCK) -> Comparison:
    (comparison,) = with_baseline([located(pair_of(found), known)], margin)
    return comparison


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(1.05, "slower"), (0.95, "faster"), (1.0, "same"), (1.01, "same")]
)
@pytest.mark.parametrize("seed", range(5))
def test_the_verdict_is_the_truth_whatever_disturbs_all_alike(ratio, verdict, seed) -> None:
    found = verdict_on(run(ratio, common=0.3, seed=seed))
    assert (found.verdict, found.case, found.baseline) == (verdict, B, A)
    assert found.ratio == pytest.approx(ratio, rel=0.01)
    assert found.ratio_low < ratio * 1.005
    assert found.ratio_high > ratio * 0.995


def test_what_lies_on_the_edge_of_the_margin_is_unsure() -> None:
    found = verdict_on(run(1 + MARGIN))
    assert found.verdict == "unsure"
    assert (
        without_figures(found.reason) == "too close to call: the true difference may be below 2 %"
    )


def test_the_margin_is_the_users() -> None:
    assert verdict_on(run(1.05), margin=0.1).verdict == "same"
    assert verdict_on(run(1.01), margin=0.0).verdict == "slower"


def test_processes_that_differ_by_luck_are_not_called_different() -> None:
    """A fifth of them would be, were blocks taken for independent: P(|N(0, 0.016)| > 0.02)."""
    verdicts = [verdict_on(run(1.0, luck=0.02, seed=seed)).verdict for seed in range(100)]
    assert sum(verdict in {"faster", "slower"} for verdict in verdicts) <= 3


def test_a_difference_is_found_in_most_runs() -> None:
    verdicts = [verdict_on(run(1.05, luck=0.004, seed=seed)).verdict for seed in range(100)]
    assert verdicts.count("slower") >= 80
    assert "faster" not in verdicts


def test_reasons_carry_the_interval_and_the_margin() -> None:
    found = verdict_on(run(1.05))
    assert found.reason.startswith("slower by more than 2 % (1.0")
    assert verdict_on(run(1.0)).reason.startswith("at most 2 % apart (")


def of_location(found: Location) -> LocatedPair:
    return LocatedPair(pair_of(run(1.0)), found.value, (found,), (found,), "measured")


def test_among_many_a_surprise_is_none() -> None:
    surprising = of_location(Location(log(1.05), 0.0125, 50.0, 3))
    dull = [of_location(Location(0.0, 0.01, 50.0, 3))] * 40
    assert with_baseline([surprising])[0].verdict == "slower"
    found = with_baseline([surprising, *dull])[0]
    assert found.verdict == "unsure"
    assert without_figures(found.reason) == "may be chance among so many"
    assert found.p < found.p_display


def test_a_gate_counts_the_comparisons_of_all_rows() -> None:
    one = with_baseline([of_location(Location(log(1.05), 0.0125, 50.0, 3))])
    (alone,) = with_gates([one])
    assert alone.p_gate == alone.p_display
    assert with_gates([one] * 10)[0].p_gate == pytest.approx(10 * alone.p_display)


def test_equal_needs_the_interval_of_two_one_sided_tests() -> None:
    wide = Location(0.0, log1p(MARGIN) / 1.9, 1e6, 3)  # 1.645 errors fit into the margin, 1.96 not
    assert with_baseline([of_location(wide)])[0].verdict == "same"
    wider = Location(0.0, log1p(MARGIN) / 1.6, 1e6, 3)
    assert with_baseline([of_location(wider)])[0].verdict == "unsure"


def test_disturbed_rounds_are_left_out() -> None:
    found = run(1.0, change={TORCH: flagged(4, factor=2.0)})
    pair = pair_of(found)
    assert (pair.rounds, pair.disturbed, pair.busy) == (120, 30, False)
    assert sum(map(len, pair.generations)) == 90
    assert verdict_on(found).verdict == "same"


@pytest.mark.parametrize("flag", ["busy", "stolen", "unparked"])
def test_a_busy_machine_whose_loss_is_unknown_has_no_verdict(flag: str) -> None:
    found = verdict_on(run(40.0, change={TORCH: flagged(1, flag)}))
    assert (found.verdict, found.busy, found.p, found.p_display) == ("unsure", True, None, None)
    assert found.reason == (
        "other programs were running (in 120 of 120 rounds; 3 repetitions without a quiet round)"
    )
    assert found.ratio_low is None


def disturbed(share: float) -> Callable[[Sample], Sample]:
    """All blocks are disturbed; threads waited for this share of each."""

    def change(sample: Sample) -> Sample:
        longer = sample.host_s / (1 - share)
        return replace(sample, host_s=longer, waited_s=share * longer, flags=("busy",))

    return change


def test_a_disturbed_ratio_has_the_bounds_that_waiting_gives() -> None:
    found = verdict_on(run(40.0, change={NUMPY: disturbed(0.5), TORCH: disturbed(0.5)}))
    assert (found.verdict, found.basis, found.busy) == ("slower", "disturbed", True)
    assert found.ratio_low < 40 / 3 < found.ratio_low * 1.1  # half of it, by 1.5, may be the load's
    assert found.ratio_high > 40 * 3
    assert "although other programs ran in 120 of 120 rounds" in found.reason


def test_a_disturbed_ratio_that_waiting_explains_is_none() -> None:
    found = verdict_on(run(1.0, change={TORCH: disturbed(0.95)}))
    assert found.ratio > 15
    assert (found.verdict, found.basis) == ("unsure", "disturbed")


def test_disturbed_cases_are_never_the_same() -> None:
    assert verdict_on(run(1.0, change={TORCH: disturbed(0.0)})).verdict == "unsure"


def throttled(
    every: int, share: float = 0.5, *, running: int | None = 1, at_a_time: int = 1
) -> Callable[[Sample], Sample]:
    """The quota stops every so many blocks for this share of their time.

    at_a_time: the threads that it stops at a time, of those that can run.
    """

    def change(sample: Sample) -> Sample:
        if sample.round % every:
            return sample
        longer = sample.host_s / (1 - share)
        summed = at_a_time * share * longer
        told = {"host_s": longer, "throttled_s": summed, "running": running}
        return replace(sample, **told, flags=("throttled",))

    return change


def test_a_ratio_that_holds_with_and_without_the_stops_is_told() -> None:
    both = dict.fromkeys((NUMPY, TORCH), throttled(1))
    found = verdict_on(run(1.5, change=both))
    assert (found.verdict, found.basis) == ("slower", "throttled")
    assert found.ratio_low < 1.5 < found.ratio_high
    assert "with and without the time in which the container's CPU limit" in found.reason


def test_a_ratio_that_only_the_stops_make_is_not_told() -> None:
    found = verdict_on(run(1.0, change={TORCH: throttled(1)}))
    assert (found.verdict, found.basis) == ("unsure", "throttled")
    assert without_figures(found.reason) == "the container's CPU limit interrupted rounds"
    assert found.ratio_low < 1.05, "1 without the stops"
    assert found.ratio_high > 1.9, "2 with them"


@pytest.mark.parametrize("at_a_time", [1, 2])
@pytest.mark.parametrize("running", [2, None])
def test_stops_of_two_threads_may_be_one_after_the_other_or_at_a_time(at_a_time, running) -> None:
    """The counter adds them, so the time without stops has bounds; the truth is within."""
    both = dict.fromkeys((NUMPY, TORCH), throttled(1, 0.3, running=running, at_a_time=at_a_time))
    near, far = verdict_on(run(1.2, change=both)), verdict_on(run(5.0, change=both))
    assert (near.verdict, near.basis) == ("unsure", "throttled")
    assert near.ratio_low < 1.2 < near.ratio_high
    assert (far.verdict, far.basis) == ("slower", "throttled")
    assert far.ratio_low < 5.0 < far.ratio_high


def test_a_few_stops_do_not_matter() -> None:
    assert verdict_on(run(1.5, change={TORCH: throttled(20)})).basis == "measured"


def test_what_was_left_out_is_said() -> None:
    found = run(1.5, change={TORCH: flagged(4, factor=2.0)})
    assert verdict_on(found).reason.endswith("; 30 of 120 rounds discarded")
    assert "left out" not in verdict_on(run(1.5)).reason


def test_one_generation_is_judged_by_the_luck_that_is_usual() -> None:
    usual = Knowledge(USUAL)
    found = verdict_on(run(1.5, generations=1), known=usual)
    assert found.verdict == "slower"
    assert found.ratio_high / found.ratio > exp(2 * 0.03)
    assert verdict_on(run(1.05, generations=1), known=usual).verdict == "unsure"


@pytest.mark.parametrize(("rounds", "least"), [(1, 1.0), (3, 0.25)])
def test_of_few_rounds_only_a_large_difference_is_told(rounds: int, least: float) -> None:
    noisy = Knowledge(USUAL, noise=0.01)
    much, little = (
        verdict_on(run(ratio, generations=1, rounds=rounds), known=noisy)
        for ratio in (2 * (1 + least), 1 + least / 2)
    )
    assert (much.verdict, much.basis) == ("slower", "few")
    assert f"by only {rounds} round" in much.reason
    assert (little.verdict, without_figures(little.reason)) == (
        "unsure",
        "too few rounds for an interval",
    )
    assert verdict_on(run(1.0, generations=1, rounds=rounds), known=noisy).verdict == "unsure"


def test_quiet_rounds_that_are_a_rare_exception_do_not_speak_for_the_rest() -> None:
    def mostly(sample: Sample) -> Sample:
        return sample if sample.round % 5 == 0 else replace(sample, flags=("busy",))

    pair = pair_of(run(1.0, change={TORCH: mostly}))
    assert pair.rounds - pair.disturbed > 3 * ENOUGH
    assert pair.busy


def test_a_ratio_without_a_verdict_rests_on_what_is_quiet() -> None:
    """Two of three generations are lost, in which the case looks half as fast again."""

    def change(sample: Sample) -> Sample:
        slow = sample.generation > 0
        return flagged(1, factor=1.5)(sample) if slow else sample

    found = verdict_on(run(1.0, luck=0.0, change={TORCH: change}))
    assert (found.verdict, found.busy) == ("unsure", True)
    assert found.ratio == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("lost", "busy"), [({0}, False), ({0, 1}, True)])
def test_half_of_the_generations_must_have_quiet_rounds(lost, busy) -> None:
    assert pair_of(run(1.0, change={TORCH: in_generations(lost)})).busy == busy


def test_quiet_rounds_must_be_enough() -> None:
    few = ENOUGH - 1
    kept = run(1.0, generations=1, rounds=few + 1, change={TORCH: flagged(few + 2)})
    assert pair_of(kept).busy
    assert verdict_on(kept).reason == "other programs were running (in 1 of 6 rounds)"
    kept = run(1.0, generations=1, rounds=few + 2, change={TORCH: flagged(few + 3)})
    assert not pair_of(kept).busy


def test_only_rounds_of_both_are_compared() -> None:
    found = run(1.0, generations=1)
    first, second = found.measurements
    short = replace(second, samples=second.samples[::2])
    assert pair_of(Results(found.run, (first, short))).rounds == 20


def samples_of(*samples: Sample) -> CaseSamples:
    return join_generations([measured(case(PRODUCT), samples=samples)])[A]


def test_what_was_not_measured_in_turns_has_a_ratio_of_medians_only() -> None:
    one, two = (samples_of(*[Sample(1, s, 0.0)] * 9) for s in (1.0, 2.0))
    pair = pair_rounds(two, one)
    (found,) = with_baseline([located(pair, NO_LUCK)])
    assert (found.ratio, found.ratio_low, found.verdict) == (pytest.approx(2), None, "unsure")
    assert without_figures(found.reason) == "not measured side by side"
    assert found.p is None


def test_too_few_rounds_have_no_interval() -> None:
    found = verdict_on(run(2.0, generations=1, rounds=3))
    assert (found.verdict, found.ratio_low) == ("unsure", None)
    assert found.reason == "too few rounds for an interval (3)"


def test_a_clock_that_did_not_move_gives_no_ratio() -> None:
    still = results_of([], [measured(case(PRODUCT, t), *[0.0] * 9) for t in (NUMPY, TORCH)])
    found = verdict_on(still)
    assert (found.ratio, found.verdict) == (None, "unsure")


def test_two_modes_and_a_drift_are_told() -> None:
    def in_two(sample: Sample) -> Sample:
        return replace(sample, host_s=sample.host_s * (1.2 if sample.round % 2 else 1.0))

    def drifting(sample: Sample) -> Sample:
        return replace(sample, host_s=sample.host_s * (1 + sample.round / 200))

    assert (
        "; two clusters of the times' ratio, at 1.00 and 1.20"
        in verdict_on(run(1.0, change={TORCH: in_two})).reason
    )
    found = verdict_on(run(1.3, change={TORCH: drifting})).reason
    assert "; the times' ratio rose by 20 % during the measurement" in found
    assert "ratio rose" not in verdict_on(run(1.3)).reason


def test_what_is_slower_in_a_renewed_worker_does_not_drift() -> None:
    """It jumped once, from one process to the next, and stays where it is."""

    def jumping(sample: Sample) -> Sample:
        moved = int(sample.round >= 20)  # of 40
        return replace(sample, host_s=sample.host_s * (1 + moved / 50), renewal=moved)

    def unnoticed(sample: Sample) -> Sample:
        return replace(jumping(sample), renewal=0)

    assert "; the times' ratio rose by " in verdict_on(run(1.3, change={TORCH: unnoticed})).reason
    assert "ratio rose" not in verdict_on(run(1.3, change={TORCH: jumping})).reason


def test_absurd_times_are_no_reason_to_fail() -> None:
    def absurd(sample: Sample) -> Sample:
        return replace(sample, host_s=1e-300 if sample.generation else 1e300)

    found = verdict_on(run(1.0, change={TORCH: absurd}))
    assert found.verdict == "unsure"
    assert 0 < found.ratio_low < found.ratio_high < 1e10

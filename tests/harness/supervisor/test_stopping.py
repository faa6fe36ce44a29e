"""The rules that end a row, on times whose precision is known."""

import numpy as np
import pytest

from dlbench.harness.supervisor.schedule import FEWEST_TURNS
from dlbench.harness.supervisor.stopping import (
    FAR,
    FIRST_LOOK,
    HALF_WIDTH,
    LOOKS,
    MOST_ROUNDS_FACTOR,
    Stop,
    far_from_all,
    largest_half_width,
    quiet_rounds,
)
from dlbench.records.measurement import Sample
from dlbench.records.plan import Sampling
from dlbench.stats.location import median_error

LONG_S = 100.0


def stop(**sampling):
    return Stop(Sampling(**{"blocks": 1000, "precision": 0.01, **sampling}))


def noisy(rounds, spread, step_s=1.0, seed=0):
    return (step_s * np.exp(np.random.default_rng(seed).normal(0, spread, rounds))).tolist()


def samples(steps_s, *disturbed):
    """Blocks that took so long; those of the disturbed rounds say so."""
    return [
        Sample(1, step_s, 0.0, round=number, flags=("busy",) if number in disturbed else ())
        for number, step_s in enumerate(steps_s)
    ]


def ends(rule, *cases, seconds_left=LONG_S, disturbed=()):
    """After how many rounds, and why, cases that are told round by round are enough."""
    taken = [samples(case, *disturbed) for case in cases]
    for rounds in range(1, min(map(len, cases)) + 1):
        if reason := rule.reason([case[:rounds] for case in taken], seconds_left):
            return rounds, reason
    return None


@pytest.mark.parametrize(
    ("rounds", "seconds_left", "reason"),
    [
        pytest.param(0, 10.0, None, id="nothing measured yet"),
        pytest.param(2, 0.1, None, id="one round and some time to go"),
        pytest.param(3, 10.0, "blocks", id="all blocks"),
        pytest.param(4, 10.0, "blocks", id="more than all blocks"),
        pytest.param(1, 0.0, "budget", id="no time left"),
        pytest.param(1, -0.5, "budget", id="more time taken than there was"),
        pytest.param(3, 0.0, "blocks", id="the last block took the last of the time"),
    ],
)
def test_blocks_and_time_are_limits(rounds, seconds_left, reason):
    assert stop(blocks=3).reason([samples([1.0] * rounds)], seconds_left) == reason


def test_nobody_left_is_no_reason():
    assert stop().reason([], LONG_S) is None


def test_looks_are_preset_and_ever_further_apart():
    assert LOOKS[:5] == (FIRST_LOOK, 12, 16, 24, 32)
    gaps = np.diff(LOOKS)
    assert (gaps[1:] >= gaps[:-1]).all()


@pytest.mark.parametrize("spread", [0.0, 0.002])
def test_precise_ratios_are_enough_at_the_first_look(spread):
    cases = noisy(100, spread, seed=1), noisy(100, spread, seed=2)
    assert ends(stop(), *cases) == (FIRST_LOOK, "precision")


def test_the_less_precise_the_ratio_the_more_rounds_and_always_to_a_look():
    ended = [
        ends(stop(), noisy(400, spread, seed=1), noisy(400, spread, seed=2))
        for spread in (0.002, 0.01, 0.03)
    ]
    rounds = [number for number, _ in ended]
    assert rounds == sorted(set(rounds))
    assert all(number in LOOKS for number in rounds)
    assert {reason for _, reason in ended} == {"precision"}


def test_between_two_looks_there_is_none():
    rule, cases = stop(), [samples(noisy(FIRST_LOOK + 3, 0.5, seed=seed)) for seed in (1, 2)]
    for rounds in range(FIRST_LOOK, FIRST_LOOK + 4):
        assert rule.reason([case[:rounds] for case in cases], LONG_S) is None
    assert len(rule.half_widths) == 1


def test_a_turn_of_several_blocks_does_not_miss_a_look():
    steady = samples([1.0] * (FIRST_LOOK + 1))
    assert stop().reason([steady, steady], LONG_S) == "precision"


def test_cases_are_paired_by_round_where_one_lost_its_first_turn():
    whole = samples([1.0, 9.0] * FIRST_LOOK)
    rest = samples([2.0, 18.0] * FIRST_LOOK)[4:]
    assert quiet_rounds([whole, rest]) == list(range(4, 2 * FIRST_LOOK))


def test_the_precision_is_that_of_turns():
    """What disturbs a turn disturbs its blocks alike: two turns of four prove nothing."""
    steady = [samples([1.0] * 24), samples([2.0] * 24)]
    rule = Stop(Sampling(blocks=1000, precision=0.01), blocks=4)
    reasons = [rule.reason([case[:n] for case in steady], LONG_S) for n in range(4, 25, 4)]
    assert reasons == [None] * 5 + ["precision"]


def test_what_hits_both_alike_does_not_count():
    common = np.array(noisy(100, 0.2))
    cases = (common * 1.0).tolist(), (common * 1.3).tolist()
    assert ends(stop(), *cases) == (FIRST_LOOK, "precision")


def test_a_case_that_is_alone_is_judged_by_its_own_time():
    assert ends(stop(), noisy(100, 0.001)) == (FIRST_LOOK, "precision")
    assert ends(stop(blocks=50), noisy(100, 0.5)) == (50, "blocks")


def test_the_least_precise_ratio_decides():
    good, bad = noisy(60, 0.001, seed=1), noisy(60, 0.2, step_s=3.0, seed=2)
    assert ends(stop(blocks=50), good, noisy(60, 0.001, seed=3), bad) == (50, "blocks")


def test_on_a_plateau_further_rounds_bring_nothing():
    """A ratio that wanders off: the interval does not shrink with the rounds."""
    wandering = np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.05, 400))).tolist()
    rounds, reason = ends(stop(), [1.0] * 400, wandering)
    assert reason == "plateau"
    assert rounds in LOOKS


def test_independent_rounds_seldom_end_on_a_plateau():
    ended = [ends(stop(precision=1e-9), [1.0] * 64, noisy(64, 0.1, seed=s)) for s in range(200)]
    assert sum(end is not None for end in ended) <= 10


@pytest.mark.parametrize(
    "steps_s",
    [
        pytest.param([[1.0] * 5, [2.0] * 5], id="too few"),
        pytest.param([[1.0] * 9 + [0.0], [2.0] * 10], id="below the clock's resolution"),
        pytest.param([[1.0] * 9, [2.0] * 10], id="not the same rounds"),
    ],
)
def test_without_an_interval_nothing_is_known(steps_s):
    assert largest_half_width(steps_s) is None
    assert ends(stop(), [1.0] * FIRST_LOOK, [0.0] * FIRST_LOOK) is None


# --- disturbed rounds ---------------------------------------------------------------------------


def test_a_round_counts_if_nobody_was_disturbed_in_it():
    cases = [samples([1.0, 2.0, 3.0, 4.0], 1), samples([5.0, 6.0, 7.0, 8.0], 2)]
    assert quiet_rounds(cases) == [0, 3]


def test_disturbed_rounds_are_replaced():
    steady = [1.0] * 100
    ended = ends(stop(blocks=20, precision=1e-9), noisy(100, 0.1), steady, disturbed=range(5, 15))
    assert ended == (30, "blocks")


def test_on_a_machine_that_is_always_busy_it_ends_all_the_same():
    steady = [1.0] * 100
    ended = ends(stop(blocks=20), steady, steady, disturbed=range(100))
    assert ended == (MOST_ROUNDS_FACTOR * 20, "blocks")


def test_precision_is_that_of_the_quiet_rounds():
    wild = [100.0 if number in range(2, 6) else 1.0 for number in range(40)]
    ended = ends(stop(), wild, [1.0] * 40, disturbed=range(2, 6))
    assert ended == (FIRST_LOOK + 4, "precision")


def test_a_look_is_taken_once():
    """The number of quiet rounds stands still while the machine is busy."""
    rule = stop(precision=1e-9)
    ends(rule, noisy(30, 0.1), [1.0] * 30, disturbed=range(FIRST_LOOK, 30))
    assert len(rule.half_widths) == 1


# --- cases about which nothing is open ------------------------------------------------------------


@pytest.mark.parametrize(
    ("cases", "places"),
    [
        pytest.param([[1.0, 1.0], [3.0, 3.0]], [1], id="far behind"),
        pytest.param([[3.0, 3.0], [1.0, 1.0]], [0], id="wherever it stands"),
        pytest.param([[1.0, 1.0], [1.9, 3.0]], [], id="not in every turn"),
        pytest.param([[1.0, 1.0], [3.0, 3.0], [3.3, 3.3]], [], id="two rivals far behind"),
        pytest.param([[1.0, 1.0], [3.0, 3.0], [9.0, 9.0]], [1, 2], id="each far from each"),
        pytest.param([[1.0, 1.0], [1.1, 1.1], [9.0, 9.0]], [2], id="rivals of the fastest stay"),
        pytest.param([[1.0, 1.0]], [], id="a single case"),
        pytest.param([[1.0], [FAR]], [1], id="the factor itself"),
    ],
)
def test_a_case_is_decided_if_it_is_far_from_each_other_in_every_turn(cases, places):
    turns = [[*case, *case[-1:] * FEWEST_TURNS] for case in cases]
    assert far_from_all(turns) == places


def test_few_turns_decide_nothing():
    few = FEWEST_TURNS - 1
    assert far_from_all([[1.0] * few, [9.0] * few]) == []
    rule = Stop(Sampling(blocks=64), 8)
    assert rule.reason([samples([1.0] * 8), samples([9.0] * 8)], LONG_S) is None
    assert rule.decided == []


def test_only_a_look_decides():
    rule, cases = stop(), [samples([1.0, 1.5] * 50), samples([5.0, 7.0] * 50)]
    found = []
    for rounds in range(1, 40):
        rule.reason([case[:rounds] for case in cases], LONG_S)
        found.append((rounds, rule.decided))
    looks = {n for n in LOOKS if FEWEST_TURNS <= n < 40}
    assert {rounds for rounds, decided in found if decided} == looks


def false_alarms(*far_s):
    """How often two equal cases differ beyond a 95 % interval, beside others that drop out."""
    found = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        equal = [noisy(48, 0.05, seed=rng) for _ in range(2)]
        active = [*equal, *(noisy(48, 0.05, step_s, seed=rng) for step_s in far_s)]
        rule = stop(blocks=48, precision=0.02)
        for rounds in range(1, 49):
            if rule.reason([samples(case[:rounds]) for case in active], LONG_S):
                break
            active = [c for place, c in enumerate(active) if place not in rule.decided]
        assert len(active) == 2 or rounds == FIRST_LOOK
        logs = np.log(equal[0][:rounds]) - np.log(equal[1][:rounds])
        found += abs(np.median(logs)) > HALF_WIDTH * median_error(logs.tolist())
    return found / 400


def test_dropping_the_others_changes_nothing_for_those_that_stay():
    """They have the same rounds as without the others, so also as many false alarms."""
    assert false_alarms(5.0, 40.0) == pytest.approx(false_alarms(), abs=0.02)

"""A contest of cases whose ratios are known."""

from itertools import combinations
from math import log, log1p

import pytest

from dlbench.analysis.pairing.contest import Contest
from dlbench.analysis.pairing.located import LocatedPair
from dlbench.analysis.pairing.pairs import Pair
from dlbench.stats.location import Location

TIMES = {"a": 1.0, "b": 1.01, "c": 1.5}


def contest(times=TIMES, error=0.001, **doubts: float) -> Contest:
    """Cases with these times; the ratios of cases that are named have a doubt."""
    pairs = {}
    for a, b in combinations(times, 2):
        found = Location(log(times[a] / times[b]), error, 50.0, 3)
        doubt = doubts.get(a, 0.0) + doubts.get(b, 0.0)
        pairs[a, b] = LocatedPair(Pair(a, b, None), found.value, (found,), (found,), doubt=doubt)
    return Contest(list(times), pairs)


def test_every_two_are_compared_in_both_directions() -> None:
    found = contest()
    assert found.pairs["a", "c"].middle == -found.pairs["c", "a"].middle
    assert found.pairs["a", "c"].lower(0.05) == pytest.approx(-found.pairs["c", "a"].upper(0.05))


def test_who_is_as_good_as_the_fastest_leads_too() -> None:
    found = contest()
    assert found.contenders == ["a"]
    assert [found.leads(case, 0.02) for case in "abc"] == [True, True, False]
    assert not found.leads("b", 0.005)


def test_a_doubt_makes_contenders() -> None:
    assert contest(b=0.02).contenders == ["a", "b"]
    assert contest(c=log(2)).contenders == ["a", "c"]


def test_the_reference_is_the_one_that_can_be_regretted_least() -> None:
    assert contest().reference(TIMES) == "a"
    near = {"a": 1.0, "b": 1.001, "c": 1.002}
    assert contest(near, error=0.01).reference(near) == "a"
    unjudged = Contest(["a", "b"], {("a", "b"): LocatedPair(Pair("a", "b", None), None)})
    assert unjudged.reference({"a": 2.0, "b": 1.0}) == "b", "the faster one"


def test_each_slower_than_another_in_turn_leaves_all_of_them() -> None:
    """Pairs use rounds of their own, so their medians need not agree."""
    found = {}
    for a, b in (("a", "b"), ("b", "c"), ("c", "a")):
        slower = Location(0.1, 0.001, 50.0, 3)
        found[a, b] = LocatedPair(Pair(a, b, None), 0.1, (slower,), (slower,))
    ring = Contest(["a", "b", "c"], found)
    assert ring.contenders == ["a", "b", "c"]
    assert ring.reference({"a": 2.0, "b": 1.0, "c": 3.0}) in {"a", "b", "c"}


def test_who_was_judged_with_none_is_no_leader_and_takes_nothing_from_others() -> None:
    found = contest()
    unknown = LocatedPair(Pair("a", "d", None), None)
    pairs = {**found.pairs, **{(case, "d"): unknown for case in "abc"}}
    larger = Contest([*"abcd"], pairs)
    assert larger.leads("d", 0.02) is None
    assert larger.contenders == ["a", "d"]
    assert larger.leads("c", 0.02) is False


def test_the_p_value_is_that_of_all_rivals() -> None:
    found = contest(error=0.004)
    one = found.pairs["b", "a"].p_slower(0.0)
    assert found.p_not_best("b", 0.0) == pytest.approx(4 * one)
    assert found.p_not_best("b", 0.02) == 1
    assert found.p_not_best("a", 0.0) == 1
    assert Contest(["a"], {}).p_not_best("a", 0.0) is None


def test_a_part_of_the_cases_has_a_contest_of_its_own() -> None:
    assert contest().among(["b", "c"]).contenders == ["b"]
    assert contest().standings["c"].at_least == pytest.approx(log1p(0.5), abs=0.01)

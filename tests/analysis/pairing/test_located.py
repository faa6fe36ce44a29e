"""The bounds of a pair's ratio: one location, two, or a worst case."""

from array import array
from math import log, log1p

import pytest

from dlbench.analysis.pairing.located import LARGEST, Knowledge, LocatedPair, located
from dlbench.analysis.pairing.pairs import Pair, View
from dlbench.stats.location import Location, Variance

NO_LUCK = Knowledge(Variance(0.0, 0))
GROUPS = tuple(array("d", [0.1 + 0.001 * n] * 8) for n in range(3))


def shifted(by: float):
    return tuple(array("d", [value + by for value in group]) for group in GROUPS)


def pair(*views: View, **fields: object) -> Pair:
    return Pair("a", "b", 0.1, interleaved=True, generations=GROUPS, views=views, **fields)


def test_quiet_rounds_have_one_location() -> None:
    found = located(pair(View(GROUPS, GROUPS)), NO_LUCK)
    assert (found.basis, found.lows, len(found.lows)) == ("measured", found.highs, 1)
    assert found.lower(0.025) < found.middle < found.upper(0.025)


def test_bounds_reach_from_the_least_to_the_most() -> None:
    found = located(pair(View(shifted(-0.3), shifted(0.2)), busy=True), NO_LUCK)
    assert found.basis == "disturbed"
    assert found.lower(0.025) < 0.1 - 0.3
    assert found.upper(0.025) > 0.1 + 0.2


def test_of_several_views_the_widest_ends_count() -> None:
    views = (View(GROUPS, GROUPS), View(shifted(0.5), shifted(0.5)))
    found = located(pair(*views, throttled=10, rounds=20), NO_LUCK)
    assert found.basis == "throttled"
    assert found.lower(0.025) < 0.11
    assert found.upper(0.025) > 0.59


def test_without_a_view_there_are_no_bounds() -> None:
    found = located(pair(busy=True), NO_LUCK)
    assert (found.is_judged, found.lower(0.025), found.p_slower(0.0)) == (False, None, None)
    assert found.middle == pytest.approx(0.101)


def test_few_rounds_have_the_noise_of_others_and_a_wide_margin() -> None:
    few = Pair("a", "b", log(1.3), interleaved=True, generations=((log(1.3),) * 2,), rounds=2)
    few = few._replace(views=(View(few.generations, few.generations),))
    assert not located(few, NO_LUCK).is_judged
    found = located(few, Knowledge(Variance(0.0, 0), noise=0.01))
    assert (found.basis, found.least_margin) == ("few", 0.25)
    assert found.lower(0.05) > log1p(0.25)
    close = located(few._replace(generations=((0.1,) * 2,)), Knowledge(Variance(0, 0), noise=0.01))
    assert close.lower(0.05) == 0, "what few rounds may tell begins at 25 %"
    wide = located(few._replace(generations=((0.1,) * 2,)), Knowledge(Variance(0, 0), noise=0.2))
    assert wide.lower(0.05) < 0, "an end on the other side hides nothing"
    assert wide.upper(0.05) > 0.1


def test_an_unsteady_case_is_not_judged() -> None:
    assert not located(pair(View(GROUPS, GROUPS)), NO_LUCK)._replace(unsteady=True).is_judged


def test_mirrored_twice_is_the_same() -> None:
    found = located(pair(View(shifted(-0.3), shifted(0.2)), busy=True), NO_LUCK)
    mirrored = found.mirrored()
    assert mirrored.lower(0.05) == pytest.approx(-found.upper(0.05))
    assert mirrored.p_faster(0.02) == pytest.approx(found.p_slower(0.02))
    assert mirrored.pair.generations[0][0] == -found.pair.generations[0][0]
    assert mirrored.mirrored() == found


def test_absurd_ends_are_bounded() -> None:
    wild = Location(1e6, 1.0, 5.0, 3)
    found = LocatedPair(pair(), 1e6, (wild,), (wild,))
    assert (found.lower(0.05), found.upper(0.05), found.bounded_middle) == (LARGEST,) * 3

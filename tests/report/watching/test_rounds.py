"""How long the rest of a row takes, by its rounds so far."""

import pytest

from dlbench.report.watching.rounds import Rounds


def after(*blocks: tuple[str, int], planned: int = 10) -> Rounds:
    rounds = Rounds()
    rounds.plan(planned, ["a", "b"])
    for case, count in blocks:
        rounds.take(case, count)
    return rounds


def test_they_tell_nothing_before_every_case_has_had_a_turn() -> None:
    assert not after().are_known
    assert not after(("a", 1)).are_known
    assert after(("a", 1), ("b", 1)).are_known
    assert not Rounds().are_known


def test_the_rest_takes_as_long_as_the_rounds_so_far() -> None:
    rounds = after(("a", 2), ("b", 2))
    assert rounds.done == pytest.approx(0.2)
    assert rounds.left_s(10.0, most_s=1e9) == pytest.approx(40.0)


def test_a_row_is_expected_to_need_as_many_rounds_as_those_before() -> None:
    rounds = after(("a", 5), ("b", 5))
    rounds.begin()
    rounds.plan(10, ["a", "b"])
    assert not rounds.are_known
    rounds.take("a", 2)
    rounds.take("b", 2)
    assert rounds.left_s(10.0, most_s=1e9) == pytest.approx(15.0)
    rounds.take("a", 8)
    rounds.take("b", 8)
    assert rounds.left_s(50.0, most_s=1e9) == 0.0


def test_a_row_takes_its_limit_at_most() -> None:
    assert after(("a", 1), ("b", 1)).left_s(10.0, most_s=8.0) == 6.0


def test_a_case_that_drops_out_does_not_count() -> None:
    rounds = after(("a", 1), ("b", 4))
    rounds.plan(10, ["b"])
    assert rounds.done == pytest.approx(0.4)

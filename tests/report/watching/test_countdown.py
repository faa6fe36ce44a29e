"""What is shown of the time left never grows without a word."""

from random import Random

import pytest

from dlbench.report.watching.countdown import STILL_FACTOR, STILL_S, TOLD_S, Countdown, Left


def texts(*estimates: tuple[float, float]) -> list[str]:
    """What is shown at these times of these estimates."""
    countdown = Countdown()
    return [countdown.text(Left(seconds), now) for now, seconds in estimates]


def test_it_counts_down() -> None:
    assert texts((0, 90), (30, 60), (31, 20)) == ["1:30 left", "1:00 left", "0:20 left"]


def test_it_stands_still_where_the_estimate_grows_a_little() -> None:
    assert texts((0, 60), (1, 70), (2, 72), (3, 59)) == [*["1:00 left"] * 3, "0:59 left"]


def test_a_rise_is_told_for_a_while() -> None:
    rise = (1, 100)
    assert texts((0, 60), rise, (1 + TOLD_S, 90), (1.1 + TOLD_S, 90)) == [
        "1:00 left",
        "1:40 left (was 1:00)",
        "1:30 left (was 1:00)",
        "1:30 left",
    ]


def test_a_rise_in_steps_tells_what_was_shown_before_the_first() -> None:
    assert texts((0, 60), (1, 100), (2, 200))[-1] == "3:20 left (was 1:00)"


@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_estimates_are_it_is_near_them_and_every_rise_is_told(seed) -> None:
    random, countdown, before = Random(seed), Countdown(), None
    for now in range(500):
        estimate = random.choice((1.0, 10.0, 100.0)) * random.uniform(1, 10)
        text = countdown.text(Left(estimate), now)
        assert (
            countdown.shown
            <= estimate
            <= max(STILL_FACTOR * countdown.shown, countdown.shown + STILL_S)
        )
        if before is not None and countdown.shown > before:
            assert "(was " in text or text == "a few seconds left"
        before = countdown.shown


def test_work_that_is_late_gives_a_least_time() -> None:
    countdown = Countdown()
    assert countdown.text(Left(40, is_least=True), 0) == "at least 0:40 left"
    assert countdown.text(Left(1, is_least=True), 1) == ""


def test_nobody_counts_the_last_seconds_and_nothing_is_known_before_the_first() -> None:
    assert texts((0, 4.9), (9, 0)) == ["a few seconds left"] * 2
    assert Countdown().text(None, 0) == ""

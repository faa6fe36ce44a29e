"""Ratios in words."""

import pytest

from dlbench.answers.words import times


@pytest.mark.parametrize(
    ("ratio", "low", "high", "text"),
    [
        (1.46, 1.09, 1.95, "1.46 [1.09–1.95]"),
        (22.0, 21.0, None, "at least 21.0"),
        (3.0, None, None, "about 3.00"),
        (None, None, None, "an unknown number of"),
    ],
)
def test_a_ratio_says_how_sure_it_is(ratio, low, high, text) -> None:
    assert times(ratio, low, high) == text

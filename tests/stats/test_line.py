"""The line of a cost, fitted by relative errors."""

import pytest

from dlbench.stats.line import fitted

SIZES = (4096.0, 2.0**18, 2.0**24, 2.0**28)


def test_both_parts_of_a_line_are_found() -> None:
    line = fitted(SIZES, [1e-5 + size / 12e9 for size in SIZES])
    assert line.start_s == pytest.approx(1e-5, rel=1e-3)
    assert line.rate_per_s == pytest.approx(12e9, rel=1e-3)
    assert line.worst == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_a_small_size_counts_as_much_as_a_large_one(factor: float) -> None:
    """By relative errors: the time of the largest alone would leave nothing of the start."""
    times = [1e-5 + size / 12e9 for size in SIZES]
    line = fitted(SIZES, [*times[:-1], factor * times[-1]])
    assert line.start_s == pytest.approx(1e-5, rel=0.1)
    assert line.rate_per_s == pytest.approx(12e9, rel=0.15)
    assert 0.01 < line.worst < 0.1


def test_neither_part_is_below_0() -> None:
    assert fitted(SIZES, [size / 12e9 for size in SIZES]).start_s == pytest.approx(0.0, abs=1e-9)
    level = fitted(SIZES, [4e-5, 3e-5, 2e-5, 1e-5])
    assert (level.per_unit_s, level.rate_per_s) == (0.0, None)

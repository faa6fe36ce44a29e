"""How quantities are written."""

import pytest

from dlbench import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1.00"),
        (4.564, "4.56"),
        (4.566, "4.57"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234, "1230"),
        (12345678, "12300000"),
        (0.0123, "0.0123"),
        (0.000012345, "0.0000123"),
        (-4.566, "-4.57"),
    ],
)
def test_three_significant_digits_and_no_powers_of_ten(value: float, text: str) -> None:
    assert units.significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.9996, "1.00"), (9.996, "10.0"), (99.96, "100"), (999.6, "1000")]
)
def test_rounding_up_to_a_power_of_ten_adds_no_digit(value: float, text: str) -> None:
    assert units.significant(value) == text


@pytest.mark.parametrize(
    ("digits", "text"), [(1, "0.1"), (2, "0.12"), (5, "0.12346"), (8, "0.12345679")]
)
def test_as_many_digits_as_asked_for(digits: int, text: str) -> None:
    assert units.significant(0.123456789, digits) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1.00 B"),
        (1023, "1020 B"),
        (1024, "1.00 KiB"),
        (1536, "1.50 KiB"),
        (2**20, "1.00 MiB"),
        (23.5 * 2**30, "23.5 GiB"),
        (2**50, "1.00 PiB"),
        (2**62, "4100 PiB"),
    ],
)
def test_sizes_are_in_powers_of_1024(count: float, text: str) -> None:
    assert units.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ns"),
        (1e-12, "0.00100 ns"),
        (5e-9, "5.00 ns"),
        (1.5e-6, "1.50 µs"),
        (0.02, "20.0 ms"),
        (1, "1.00 s"),
        (75.3, "75.3 s"),
    ],
)
def test_durations_have_the_largest_unit_in_which_they_are_one_or_more(seconds, text) -> None:
    assert units.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00"),
        (0.4, "0:00"),
        (42, "0:42"),
        (59.6, "1:00"),
        (725, "12:05"),
        (3599.6, "1:00:00"),
        (3723, "1:02:03"),
        (7080, "1:58:00"),
        (90000, "25:00:00"),
    ],
)
def test_waiting_times_are_written_to_the_second(seconds: float, text: str) -> None:
    assert units.minutes(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (80.4, "80 s"),
        (119, "119 s"),
        (120, "2 min"),
        (1129, "19 min"),
        (7199, "120 min"),
        (7200, "2 h"),
        (90000, "25 h"),
    ],
)
def test_estimated_times_are_whole_numbers(seconds: float, text: str) -> None:
    assert units.roughly(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 threads"), (1, "1 thread"), (2, "2 threads"), (16, "16 threads")]
)
def test_one_is_singular(count: int, text: str) -> None:
    assert units.counted(count, "thread") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.02, "2 %"),
        (0.0031, "0.31 %"),
        (0.003, "0.3 %"),
        (0.026, "2.6 %"),
        (0.1, "10 %"),
        (1.5, "150 %"),
        (0.0, "0 %"),
        (-0.05, "-5 %"),
    ],
)
def test_shares_are_percent(share: float, text: str) -> None:
    assert units.percent(share) == text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((1.21, 1.19, 1.23), ["1.21", "1.19", "1.23"]),
        ((1.002, 0.998, 1.006), ["1.002", "0.998", "1.006"]),
        ((0.995, 1.007), ["0.995", "1.007"]),
        ((7.2, 2.0, 14.0), ["7.2", "2.0", "14.0"]),
        ((0.848, 0.62, 1.1), ["0.85", "0.62", "1.10"]),
        ((1.03, 0.0004, 2566.0), ["1.0", "0.00040", "2600"]),
        ((1.00001, 1.00002), ["1.000", "1.000"]),
        ((0.02011, 0.02010, 0.02012), ["0.02011", "0.02010", "0.02012"]),
        ((12.3456, 12.3454, 12.3458), ["12.35", "12.35", "12.35"]),
        ((1.24, 1.03, 1.5), ["1.24", "1.03", "1.50"]),
        ((30.0, 1.5, 90.0), ["30.0", "1.5", "90.0"]),
        ((1.5, 1.5), ["1.50", "1.50"]),
        ((1.5,), ["1.50"]),
    ],
)
def test_ratios_have_the_decimals_that_their_range_bears(values, texts) -> None:
    assert units.ratios(*values) == texts


@pytest.mark.parametrize(
    "value", [0.021, 0.46, 0.95, 0.999, 1.0, 1.24, 1.96, 3.66, 9.8, 52, 240, 4100]
)
@pytest.mark.parametrize(("below", "above"), [(0.999, 1.001), (0.9, 1.15), (0.6, 1.9), (0.2, 4.0)])
def test_a_value_and_both_ends_have_equally_many_decimals(value, below, above) -> None:
    texts = units.ratios(value, below * value, above * value)
    assert len({len(text.partition(".")[2]) for text in texts}) == 1
    assert len(set(texts)) == 3


def test_a_single_ratio_has_three_digits() -> None:
    assert [units.ratios(value) for value in (1.046, 12.34, 240.4)] == [["1.05"], ["12.3"], ["240"]]

"""Quantities as text, with units and a sensible number of digits."""

from math import floor, log10

# Significant digits of a timing on a shared machine.
DIGITS = 3

_KIBI = 1024
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def significant(value: float, digits: int = DIGITS) -> str:
    """Return a number with significant digits, without powers of ten: 0.0123, 4.56, 12300."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - floor(log10(abs(rounded)))
    return f"{rounded:.{max(0, decimals)}f}"


def thousands(value: float, digits: int = DIGITS) -> str:
    """Return a number with significant digits and its thousands set apart: 0.0123, 12,300."""
    whole, point, decimals = significant(value, digits).partition(".")
    return f"{int(whole):,}{point}{decimals}"


def rounded(count: float) -> str:
    """Return an estimated count: 3, 1240, 12300."""
    return significant(count) if count >= 10**DIGITS else f"{count:.0f}"


def size(count: float) -> str:
    """Return a number of bytes in powers of 1024: 1.5 MiB."""
    power = 0
    while count >= _KIBI and power < len(_BINARY) - 1:
        count, power = count / _KIBI, power + 1
    return f"{significant(count)} {_BINARY[power]}"


def time_unit(seconds: float) -> tuple[float, str]:
    """Return the largest unit not above a duration, as (seconds, symbol)."""
    for unit in _TIMES:
        if seconds >= unit[0]:
            return unit
    return _TIMES[-1]


def duration(seconds: float, digits: int = DIGITS) -> str:
    """Return a duration with its unit: 1.23 ms."""
    unit, symbol = time_unit(seconds)
    return f"{significant(seconds / unit, digits)} {symbol}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: `1 thread`, `2 threads`."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or f'{noun}s'}"


def minutes(seconds: float) -> str:
    """Return a waiting time to the second: 0:42, 12:05, 1:02:03."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    head = f"{hours}:{rest // 60:02d}" if hours else f"{rest // 60}"
    return f"{head}:{rest % 60:02d}"


# Fewer minutes or hours than this are written in the next smaller unit: 110 s, 2 min, 90 min, 2 h.
_LEAST_OF_UNIT = 2


def roughly(seconds: float) -> str:
    """Return an estimated waiting time, in whole seconds, minutes or hours: 80 s, 19 min, 3 h."""
    for unit_s, symbol in ((3600, "h"), (60, "min")):
        if seconds >= _LEAST_OF_UNIT * unit_s:
            return f"{seconds / unit_s:.0f} {symbol}"
    return f"{max(1, round(seconds))} s" if seconds else "0 s"


def percent(share: float, digits: int = 2) -> str:
    """Return a share as percent: `2 %`, `0.31 %`, `12 %`."""
    text = significant(100 * share, digits)
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


# A factor below 2 tells a difference by its decimals: 1.24 and 1.03 would both be "1" or "1.2".
# Beside a value from FAR_FROM_ONE on they would tell nothing.
NEAR_ONE, FAR_FROM_ONE, DECIMALS_NEAR_ONE = 2, 10, 2
# Digits of a ratio at most: a tenth of a percent is what the best measurements tell apart.
RATIO_DIGITS = 4
# Where the largest ratio is so many times the smallest, equal decimals would be mostly zeros.
WIDE = 100


def ratios(*values: float) -> list[str]:
    """Write a value and the ends of its interval with equally many decimals: 1.24, 1.03, 1.50.

    Half of their range decides how many: 0.998, 1.006; 2.0, 14.0. Each has two digits at least,
    and close to 1 two decimals; where the range is WIDE, each has two digits. A single value
    has three digits.
    """
    largest, half = max(values), (max(values) - min(values)) / 2
    if half <= 0:
        return [significant(value) for value in values]
    if largest > WIDE * min(values):
        return [significant(value, 2) for value in values]
    shared = min(-floor(log10(half)), RATIO_DIGITS - 1 - floor(log10(largest)))
    is_near = min(values) < NEAR_ONE and largest < FAR_FROM_ONE
    near_one = DECIMALS_NEAR_ONE if is_near else 0
    decimals = max(0, shared, near_one, *(1 - floor(log10(value)) for value in values))
    return [f"{value:.{decimals}f}" for value in values]

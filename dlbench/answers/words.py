"""Ratios in words, for all sentences."""

from dlbench import units


def times(ratio: float | None, low: float | None, high: float | None) -> str:
    """Write such as `1.46 [1.09–1.95]`, or `at least 21`."""
    if ratio is None:
        return "an unknown number of"
    if low is None:
        return f"about {units.ratios(ratio)[0]}"
    if high is None:
        return f"at least {units.ratios(low)[0]}"
    value, *ends = units.ratios(ratio, low, high)
    return f"{value} [{'–'.join(ends)}]"

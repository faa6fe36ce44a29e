"""Two callables that return seconds, taken in turns with mirrored order; the median log ratio."""

from collections.abc import Callable, Sequence
from math import exp, log

from dlbench.stats.location import Estimate, median_with_interval


def ratio(first: Callable[[], float], second: Callable[[], float], rounds: int) -> Estimate:
    """Time of `first` over time of `second`, with a 95 % interval over the rounds."""
    logs = []
    for number in range(rounds):
        if number % 2:
            b, a = second(), first()
        else:
            a, b = first(), second()
        logs.append(log(a / b))
    return middle(logs)


def middle(logs: Sequence[float]) -> Estimate:
    """The median of log ratios with its interval, as a ratio."""
    value, low, high = median_with_interval(logs)
    return Estimate(
        exp(value), None if low is None else exp(low), None if high is None else exp(high)
    )


def tell(what: str, found: Estimate, most: float, least: float = 0.0) -> bool:
    """Print the ratio beside what it must be; whether it is."""
    reached = least <= found.value <= most
    interval = f"[{found.low:.3f}, {found.high:.3f}]" if found.low and found.high else ""
    must = f"<= {most:g}" if not least else f"{least:g} to {most:g}"
    print(f"{what}: {found.value:.3f} {interval}; must be {must}: {'yes' if reached else 'NO'}")
    return reached

"""Which of several may be the best: Hsu's comparison with the best.

Hsu (1981), Annals of Statistics 9(5); Hsu (1984), Annals of Statistics 12(3). The fastest is chosen
from the same data as the ratios to it, so ratios to it need bounds that hold for all rivals
together. Pure functions of logarithms: above 0 is slower.
"""

from collections.abc import Sequence
from math import inf
from typing import NamedTuple

# Lower or upper ends of the log ratio of row to column; None where it cannot be judged.
Ends = Sequence[Sequence[float | None]]


class Standing(NamedTuple):
    """How one stands among all. Logarithms of its time divided by that of the best.

    may_be_best: whether no other is surely faster; at_least, at_most: among those that it can be
    judged with, None where there is none.
    """

    may_be_best: bool
    at_least: float | None
    at_most: float | None


def share(alpha: float, count: int) -> float:
    """Return the error that one of the bounds may have, so that those of one row hold together.

    Bonferroni's inequality among both ends of the ratios to count - 1 rivals.
    """
    return alpha / 2 / max(1, count - 1)


def standings(lower: Ends, upper: Ends) -> list[Standing]:
    """Return the standing of each of them.

    An unjudged pair excludes nobody: it takes the title of best from none, and gives it to none.
    """
    judged = [[end for end in ends if end is not None] for ends in lower]
    may_be_best = [not any(end > 0 for end in ends) for ends in judged]
    found = []
    for row, ends in enumerate(judged):
        reach = [
            end
            for column, end in enumerate(upper[row])
            if end is not None and may_be_best[column] and column != row
        ]
        alone = may_be_best[row] and not any(
            other != row and may_be_best[other] and judged[other] for other in range(len(judged))
        )
        at_most = max(0.0, *reach) if reach else 0.0 if alone and ends else None
        at_least = max(0.0, *ends) if ends else None
        found.append(Standing(may_be_best[row], at_least, at_most))
    return found


class Between(NamedTuple):
    """Bounds of a log ratio; an end is None where nothing bounds it."""

    low: float | None
    high: float | None


def best_against_best(lower: Ends, upper: Ends) -> Between:
    """Return the bounds of the log ratio of the best row to the best column.

    That ratio is max over columns of min over rows of the pairs' ratios. If the lower ends of the
    true best row hold for all columns together, max min of the ends is no larger; and the same for
    upper ends with rows and columns exchanged: which ones were measured best does not matter
    (projection of simultaneous intervals: Hsu 1996, Multiple Comparisons, ch. 4). So the error of a
    lower end must be shared among the columns, and that of an upper end among the rows.
    """
    lows = [min(ends) for ends in zip(*_or(lower, -inf), strict=True)]
    highs = [max(ends) for ends in _or(upper, inf)]
    low, high = max(lows), min(highs)
    return Between(None if low == -inf else low, None if high == inf else high)


def _or(ends: Ends, unknown: float) -> list[list[float]]:
    return [[unknown if end is None else end for end in row] for row in ends]

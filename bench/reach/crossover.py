"""The same crossover, time after time: each interval must hold what the others found.

    python bench/reach/crossover.py --repeats 10

Reached if in nine of ten the interval holds the middle of the other crossings, and none takes more
than a minute. If one side wins everywhere, all must say so of the same side. Where other programs
run, nothing can be told, and then it is not reached.
"""

import argparse
import sys
import tempfile
from math import exp, log
from statistics import median
from time import monotonic
from typing import NamedTuple

from dlbench import crossover
from dlbench.answers.crossing import Comparison
from dlbench.report.crossing.sentences import answer

MOST_S = 60.0
LEAST_SHARE = 0.9
# With fewer crossings there are no others to compare one with.
FEWEST = 3


class Found(NamedTuple):
    """What a search came to, and the seconds that it took."""

    comparison: Comparison
    sentence: str
    took_s: float


def search(asked: argparse.Namespace) -> Found:
    """Search once."""
    began = monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = crossover(
            between=asked.between,
            other=asked.other,
            network=asked.network,
            workload=asked.workload,
            span=asked.span,
            results=folder,
        )
        took_s = monotonic() - began
        return Found(result.comparison, answer(result.subject), took_s)


def outcome(found: Found) -> tuple[str, ...]:
    """Return the sides that are surely faster, in their order along the axis."""
    return tuple(one.side for one in found.comparison.sure)


def is_repeated(found: Found, others: list[Found]) -> bool:
    """Return whether the interval holds the middle of the other crossings.

    Without a crossing: whether all say the same of the same side. What claims nothing is not.
    """
    change = found.comparison.change
    values = [log(one.comparison.change.value) for one in others if one.comparison.change]
    if change is not None and values:
        return change.low <= exp(median(values)) <= change.high
    return bool(outcome(found)) and all(outcome(one) == outcome(found) for one in others)


def main() -> int:
    """Search repeatedly; return 0 if the searches agree and are short enough."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--between", default="numpy")
    parser.add_argument("--and", dest="other", default="torch/eager")
    parser.add_argument("--network", default="mnist-512")
    parser.add_argument("--workload", default="predict")
    parser.add_argument("--range", dest="span", default="1-4096")
    asked = parser.parse_args()
    found: list[Found] = []
    for number in range(asked.repeats):
        found.append(search(asked))
        last = found[-1]
        print(f"{number + 1}: {last.sentence} ({len(last.comparison.places)} points, ", end="")
        print(f"{last.took_s:.0f} s)", flush=True)
    repeated = sum(
        is_repeated(one, [*found[:place], *found[place + 1 :]]) for place, one in enumerate(found)
    )
    crossings = sum(one.comparison.change is not None for one in found)
    longest_s = max(one.took_s for one in found)
    print(f"crossings: {crossings} of {len(found)}")
    print(f"held what the others found: {repeated} of {len(found)}; must be {LEAST_SHARE:.0%}")
    print(f"longest: {longest_s:.0f} s; must be <= {MOST_S:.0f} s")
    enough = repeated >= LEAST_SHARE * len(found) and longest_s <= MOST_S
    return 0 if enough and len(found) >= FEWEST else 1


if __name__ == "__main__":
    sys.exit(main())

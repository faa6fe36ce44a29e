"""Which comparisons a sitting makes, and in what order.

The pairs of every tool are spread evenly over the whole sitting and take turns, so that all
tools share the machine's moods: pair 1 of each tool, then pair 2, and so on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import frameworks

OURS = "dlbench"
BETWEEN = ("pyperf", "pytest-benchmark")  # compare two processes
WITHIN = ("torch.utils.benchmark",)  # compares inside one process
TOOLS = (OURS, *BETWEEN, *WITHIN)
PARTS = ("aa", "aa-inside", "slow-10", "slow-5", "slow-3", *frameworks.PAIRS)

# What may take longer, and how many times: less is harder to see, and frameworks start slowly.
# Of 7.5 s that is 9.7 s and 19.5 s: what must be found within 10 s and 20 s has to end by then, and
# a comparison takes some tenths of a second more than it is allowed to.
LONGER = {"slow-5": 9.7 / 7.5, "slow-3": 19.5 / 7.5, **dict.fromkeys(frameworks.PAIRS, 3)}


@dataclass(frozen=True)
class Comparison:
    """One comparison of B with A. load: beside a competitor; seconds: that it may take."""

    part: str
    tool: str
    load: bool
    index: int
    seconds: float

    @property
    def key(self) -> tuple[str, str, bool, int]:
        """The same as of its record."""
        return self.part, self.tool, self.load, self.index

    @property
    def slow_down(self) -> int | None:
        """By how many percent B is slowed down; None where it is not."""
        kind, _, percent = self.part.partition("-")
        return int(percent) if kind == "slow" else None


@dataclass(frozen=True)
class Pairs:
    """How many pairs, by part; the peers' A/A and their slow-downs apart.

    Beside a load, those that are few on a quiet machine are more: one bad pair of ten makes most of
    a spread there.
    """

    aa: int = 100
    aa_load: int = 100
    inside: int = 10
    inside_load: int = 20
    slow_3: int = 20
    slow_5: int = 30
    slow_10: int = 10
    frameworks: int = 3
    peers: int = 10
    peers_load: int = 30
    peers_slow: int = 2


def comparisons(
    pairs: Pairs,
    seconds: float,
    parts: Sequence[str] = PARTS,
    tools: Sequence[str] = TOOLS,
) -> tuple[Comparison, ...]:
    """All comparisons in their order."""
    counts: dict[tuple[str, str, bool], int] = {}
    for load in (False, True):
        counts["aa", OURS, load] = pairs.aa_load if load else pairs.aa
        counts["aa-inside", OURS, load] = pairs.inside_load if load else pairs.inside
        peers = pairs.peers_load if load else pairs.peers
        counts |= {("aa", tool, load): peers for tool in BETWEEN}
        counts |= {("aa-inside", tool, load): peers for tool in WITHIN}
        counts |= {(part, OURS, load): pairs.frameworks for part in frameworks.PAIRS}
    ours = {"slow-3": pairs.slow_3, "slow-5": pairs.slow_5, "slow-10": pairs.slow_10}
    for part, count in ours.items():
        counts[part, OURS, False] = count
        counts |= {(part, tool, False): pairs.peers_slow for tool in (*BETWEEN, *WITHIN)}
    wanted = {
        (part, tool, load): count
        for (part, tool, load), count in counts.items()
        if part in parts and tool in tools
    }
    return tuple(
        Comparison(part, tool, load, index, seconds * LONGER.get(part, 1))
        for part, tool, load, index in in_turns(wanted)
    )


def in_turns(
    counts: Mapping[tuple[str, str, bool], int],
) -> list[tuple[str, str, bool, int]]:
    """Each of them evenly spread: of equally many, the first of all, then the second of all."""
    places = [
        ((index + 0.5) / count, order, (*key, index))
        for order, (key, count) in enumerate(counts.items())
        for index in range(count)
    ]
    return [entry for _, _, entry in sorted(places)]

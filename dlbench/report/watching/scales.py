"""What tasks took by what was expected of them, so that later ones can be expected to take that."""

from collections.abc import Mapping
from types import MappingProxyType

# The name of a scale (a phase, and a worker), and the scales that a task may take: the
# first that is known counts.
Name = tuple[str, ...]
Names = tuple[Name, ...]
# Seconds that tasks took, and seconds that were expected of them.
Pair = tuple[float, float]
NOTHING: Pair = (0.0, 0.0)
NONE: Mapping[Name, Pair] = MappingProxyType({})


class Scales:
    """By name, the seconds that tasks took and the seconds that were expected of them."""

    def __init__(self) -> None:
        self.known: dict[Name, Pair] = {}

    def learn(self, names: Names, took_s: float, expected_s: float = 0.0) -> None:
        """Add what a task took to all of its scales."""
        for name in names:
            before = self.known.get(name, NOTHING)
            self.known[name] = before[0] + took_s, before[1] + expected_s

    def of(self, names: Names, under_way: Mapping[Name, Pair] = NONE) -> float:
        """Return the scale of a task, 1 if none is known. under_way: what counts as known too."""
        for name in names:
            took_s, expected_s = self.known.get(name, NOTHING)
            more_s, more_expected_s = under_way.get(name, NOTHING)
            if expected_s + more_expected_s > 0:
                return (took_s + more_s) / (expected_s + more_expected_s)
        return 1.0

    def shared(self, parts: Mapping[Names, float], took_s: float) -> dict[Names, float]:
        """Share the seconds of a task among its parts as was expected of them."""
        expected = {names: part_s * self.of(names) for names, part_s in parts.items()}
        total_s = sum(expected.values())
        return {names: took_s * part_s / total_s for names, part_s in expected.items() if total_s}

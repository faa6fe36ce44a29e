"""Find what a run is compared with: one of its targets, or a value that its workloads differ in."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dlbench.analysis.rows import Row
from dlbench.errors import UsageError
from dlbench.records.run import Run


class Parameter(NamedTuple):
    """A value of a parameter of workloads, such as network plain or batch 32."""

    axis: str
    value: str

    def __str__(self) -> str:
        """Write it as tables name it."""
        return f"{self.axis} {self.value}"

    def is_of(self, row: Row) -> bool:
        """Return whether the row's workload has this value."""
        return str(row.workload.axes.get(self.axis)) == self.value

    def place(self, row: Row) -> tuple[object, ...]:
        """Return all else of a row: equal for two rows that differ in this parameter alone."""
        params = row.workload.axes
        others = tuple((name, value) for name, value in params.items() if name != self.axis)
        return (row.workload.kind, row.target, others, self.axis in params)


def find_baseline(run: Run, text: str) -> str | Parameter:
    """Find the one target of a run that has these parts in this order, and return its id.

    A value of a parameter may be given instead, alone or as `batch=32`. UsageError if none or
    several match.
    """
    targets = list(dict.fromkeys(case.target.id for case in run.plan.cases))
    matches = [target for target in targets if target == text] or [
        target for target in targets if _has_parts(target.split("/"), text.split("/"))
    ]
    parameters = _parameters(run)
    found = [one for one in parameters if text in {one.value, f"{one.axis}={one.value}"}]
    if len(matches) + len(found) == 1:
        return (matches or found)[0]
    both = [*matches, *(f"{one.axis}={one.value}" for one in found)]
    every = [*targets, *(f"{one.axis}={one.value}" for one in parameters)]
    raise UsageError(
        "several targets of the run match" if both else "no target of the run matches",
        value=text,
        allowed=", ".join(both or every),
        hint="Some parts of one are enough if they match no other, such as torch/eager",
    )


def _parameters(run: Run) -> list[Parameter]:
    """Return the values that workloads of a kind differ in."""
    found: dict[tuple[str, str], dict[Parameter, None]] = {}
    for group in run.plan.groups:
        for case in group.cases:
            for axis, value in case.workload.axes.items():
                those = found.setdefault((case.workload.kind, axis), {})
                those[Parameter(axis, str(value))] = None
    several = [those for those in found.values() if len(those) > 1]
    return list(dict.fromkeys(one for those in several for one in those))


def _has_parts(parts: Iterable[str], wanted: Sequence[str]) -> bool:
    left = iter(parts)
    return all(word in left for word in wanted)

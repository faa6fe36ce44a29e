"""Join rows whose workloads differ in one axis, so that its values are measured in turns."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from dlbench.errors import UsageError, unknown
from dlbench.grouping import grouped
from dlbench.records.case import Group, Workload


def joined(groups: Sequence[Group], axis: str) -> list[Group]:
    """Return the groups; those that differ in this axis alone are one. All, if it is empty.

    A joined group has the workload of its first part. UsageError if no two differ in it alone.
    """
    if not axis:
        return list(groups)
    parts = _parts(groups, axis)
    if len(parts) == len(groups):
        if axis not in _axes(groups):
            raise unknown("axis of --together", axis, _axes(groups))
        able = [name for name in _axes(groups) if len(_parts(groups, name)) < len(groups)]
        raise UsageError(
            "no two workloads of the plan differ in the axis of --together alone",
            value=axis,
            allowed=", ".join(able) or "none in this plan",
        )
    return [
        replace(those[0], cases=tuple(case for group in those for case in group.cases))
        for those in parts
    ]


def _parts(groups: Sequence[Group], axis: str) -> list[list[Group]]:
    """Return the groups that differ in this axis alone, together."""
    return list(grouped(groups, lambda group: _others(group.workload, axis)).values())


def _others(workload: Workload, axis: str) -> tuple[object, ...]:
    """Return all of a workload but this axis; a workload without it stands alone."""
    axes = workload.axes
    if axis not in axes:
        return (workload.id,)
    return (workload.kind, *((name, axes[name]) for name in axes if name != axis))


def _axes(groups: Iterable[Group]) -> list[str]:
    return list(dict.fromkeys(name for group in groups for name in group.workload.axes))

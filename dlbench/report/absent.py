"""What was not measured, or only roughly, and why: words for a cell, notes below the tables."""

from collections.abc import Sequence

from dlbench.analysis.labels import target_names, workload_names
from dlbench.analysis.rows import Row
from dlbench.grouping import grouped
from dlbench.records.case import Target

# Workloads that a note names; there may be hundreds.
MOST_NAMED = 4

# Before a figure that was measured while other programs used the CPU, and its explanation.
BUSY_MARK = "~"
BUSY = f"{BUSY_MARK} measured while other programs used the CPU, which makes times too long"

STATUS_WORDS = {
    "skipped": "skipped",
    "parity_failed": "wrong",
    "failed": "failed",
    "timed_out": "hung",
    "out_of_memory": "no memory",
    "implausible": "implausible",
}


def absent(rows: Sequence[Row]) -> list[str]:
    """Name targets and workloads that never ran, by reason, and networks without their data."""
    shown = with_lines(with_columns(rows))
    return [*_no_column(rows), *_no_line(rows), *_synthetic(shown)]


def with_columns(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of targets that ran at least once; all, if none did."""
    ran = {row.target for row in rows if row.status != "skipped"}
    return [row for row in rows if row.target in ran] or list(rows)


def with_lines(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of workloads that ran on at least one target; all, if none did."""
    ran = {row.workload.id for row in rows if row.status != "skipped"}
    return [row for row in rows if row.workload.id in ran] or list(rows)


def _no_column(rows: Sequence[Row]) -> list[str]:
    """Name the targets without a column by reason; a reason that names its backend says enough."""
    columns = {row.target for row in with_columns(rows)}
    absent = [row for row in rows if row.target not in columns and row.reason]
    names = target_names(list(dict.fromkeys(row.target for row in rows)))
    return [
        f"Not measured: {_unless_named([names[t] for t in _targets(those)], reason)}{reason}"
        for reason, those in grouped(absent, lambda row: str(row.reason)).items()
    ]


def _targets(rows: Sequence[Row]) -> list[Target]:
    return list(dict.fromkeys(row.target for row in rows))


def _unless_named(names: Sequence[str], reason: str) -> str:
    """List the names before the reason, unless it begins with the backend's name."""
    is_named = all(name.partition(" ")[0] == reason.partition(" ")[0] for name in names)
    return "" if is_named else f"{', '.join(names)}: "


def _no_line(rows: Sequence[Row]) -> list[str]:
    """Name the workloads without a line, by reason."""
    columns = with_columns(rows)
    lines = {row.workload.id for row in with_lines(columns)}
    absent = [row for row in columns if row.workload.id not in lines]
    return [
        f"Not measured: {_listed(workload_names(those))}: {reason}"
        for reason, those in grouped(absent, lambda row: str(row.reason)).items()
    ]


def _listed(names: Sequence[str]) -> str:
    """List the first names, each once, and count the others."""
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"{', '.join(known[:MOST_NAMED])}{more}"


def _synthetic(rows: Sequence[Row]) -> list[str]:
    names = synthetic_networks(rows)
    return [f"Measured on random numbers instead of data: {', '.join(names)}"] if names else []


def synthetic_networks(rows: Sequence[Row]) -> list[str]:
    """Return the networks that were measured on random numbers, sorted."""
    workloads = [row.workload for row in rows]
    return sorted({str(one.params.get("network")) for one in workloads if one.synthetic})

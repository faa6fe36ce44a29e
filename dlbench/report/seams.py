"""Tell where a run was stopped and resumed, and whether the machine was as fast as before."""

from collections.abc import Iterable

from dlbench import units
from dlbench.analysis.seams import SeamDrift, drifts
from dlbench.records.case import Case
from dlbench.results.folder import Results

# The part of a time in ISO 8601 that is told: `2026-11-28 21:50`, in UTC.
MINUTES = len("2026-11-28T21:50")


def lines(results: Results) -> list[str]:
    """Return a sentence for every seam."""
    return [_line(one) for one in drifts(results)]


def warnings(results: Results) -> list[str]:
    """Return a sentence if the machine was faster or slower after a seam, beyond doubt."""
    changed = [one for one in drifts(results) if one.is_beyond_doubt]
    return [f"{_ratio(one)}. {_advice(changed)}" for one in changed[:1]]


def _advice(changed: Iterable[SeamDrift]) -> str:
    times = units.counted(len([*changed]), "time")
    return (
        f"So the machine has changed where the run was resumed ({times}). Ratios within a workload "
        "are not affected, but times of different workloads may not compare"
    )


def _line(one: SeamDrift) -> str:
    time = one.seam.resumed[:MINUTES].replace("T", " ")
    kept = units.counted(one.seam.kept, "measurement")
    resumed = f"The run was stopped, and resumed on {time} UTC after {kept}"
    if one.case is None:
        return resumed
    if one.change is None:
        return f"{resumed}. Whether the machine was as fast as before is not known: {_why(one)}"
    return f"{resumed}. {_ratio(one)}"


def _why(one: SeamDrift) -> str:
    """Return why the change is not known."""
    check = one.seam.check
    return (check and check.reason) or "other programs used the CPU"


def _ratio(one: SeamDrift) -> str:
    """Return `matmul 8 on numpy eager then took 1.02 [0.95–1.09] times as long as before`."""
    case, change = one.case, one.change
    if case is None or change is None:
        return ""
    known = [value for value in change if value is not None]
    value, *ends = units.ratios(*known)
    interval = f" [{'–'.join(ends)}]" if ends else ""
    return f"{_name(case)} then took {value}{interval} times as long as before"


def _name(case: Case) -> str:
    return f"{case.workload.label} on {case.target.backend} {case.target.mode}"

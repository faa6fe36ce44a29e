"""What the GPU does of a step's time, in sentences."""

from collections.abc import Sequence

from dlbench import units
from dlbench.analysis.labels import names_by_case, workload_names
from dlbench.analysis.rows import Row, timed_rows
from dlbench.grouping import grouped
from dlbench.stats.device_use import CPU, Bound

# Workloads that sentences are about; there may be hundreds.
MOST_TOLD = 4

# By what sets the time of a step: what the rest is, where the GPU's own time is known; and the
# whole sentence where it is not.
RESTS: dict[Bound | None, tuple[str, str]] = {
    "launch": (
        "the rest is the host asking for work",
        "the GPU waits for the host, which cannot ask for work fast enough",
    ),
    "both": (
        "asking for work takes the host about as long",
        "the GPU works about as long as the host asks for work",
    ),
    "input": (
        "the rest is mostly bringing the data",
        "bringing the data takes more than a fifth of the time",
    ),
}


def lines(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each workload whose fastest target on a GPU does not keep it at work.

    After some of them, one says where to find the others.
    """
    on_gpu = [row for row in timed_rows(rows) if row.target.device != CPU and not row.busy]
    fastest = [
        min(race, key=lambda row: row.time.seconds or 0.0)
        for race in grouped(on_gpu, lambda row: row.workload.id).values()
    ]
    workloads = dict(zip((row.case for row in rows), workload_names(rows), strict=True))
    targets = names_by_case(rows)
    told = [
        f"{workloads[row.case]} on {targets[row.case]}: {sentence}"
        for row in fastest
        if (sentence := _sentence(row))
    ]
    if len(told) <= MOST_TOLD:
        return told
    more = units.counted(len(told) - MOST_TOLD, "more workload")
    return [*told[:MOST_TOLD], f"The GPU also waits in {more}: dlbench show --metric device"]


def _sentence(row: Row) -> str:
    """Write such as `the GPU works 19 of 102 µs; the rest is the host asking for work`."""
    found, whole_s = row.device, row.time.seconds
    if found.bound not in RESTS:
        return ""
    known, unknown = RESTS[found.bound]
    if found.share is None or not whole_s:
        return unknown
    return f"the GPU works {_part_of(found.share * whole_s, whole_s)}; {known}"


def _part_of(part_s: float, whole_s: float) -> str:
    """Write both times in the unit and with the decimals of the longer one: `19 of 102 µs`."""
    unit, symbol = units.time_unit(whole_s)
    whole = units.significant(whole_s / unit)
    decimals = len(whole.partition(".")[2])
    part = f"{part_s / unit:.{decimals}f}"
    return f"{part if float(part) else units.significant(part_s / unit, 1)} of {whole} {symbol}"

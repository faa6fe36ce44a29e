"""Steps that bring their data along, beside the bare step: whether the input takes the time.

An epoch, or a call from an array, waits for the device by itself, so its blocks tell nothing. But
the run may have the same step on data that is on the device already.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from dlbench.analysis.device_time import CPU, Bound, waits_for_itself
from dlbench.analysis.rows import Row, is_timed
from dlbench.records.case import Target

# The input sets the time if the bare step takes less than this share of it, as with the other
# bounds (stats/issue.py): between 0.8 and 1.25 nothing is told.
BARE_SHARE = 0.8

STEP, EPOCH = "train_step", "epoch"

Place = tuple[str, Target]


def with_feeding(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, those that bring their data along with their bound where it can be told."""
    bare = {
        (row.workload.id, row.target): row
        for row in rows
        if is_timed(row) and not waits_for_itself(row.target)
    }
    return [_with(row, bare) for row in rows]


def _with(row: Row, bare: Mapping[Place, Row]) -> Row:
    if row.target.device == CPU or not waits_for_itself(row.target) or not is_timed(row):
        return row
    twin = _twin(row, bare)
    bound = None if twin is None else _bound(row, twin)
    return replace(row, device=replace(row.device, bound=bound))


def _twin(row: Row, bare: Mapping[Place, Row]) -> Row | None:
    """Return the row of the same step without its input."""
    target = replace(row.target, loop="", callbacks="", call="")
    workload = row.workload
    if workload.kind == EPOCH:
        workload = replace(workload, kind=STEP)
    return bare.get((workload.id, target))


def _bound(row: Row, twin: Row) -> Bound | None:
    """Return `input`, or the bound of the bare step if that takes nearly all the time."""
    step_s = (row.time.seconds or 0.0) / (row.steps or 1)
    bare_s = twin.time.seconds or 0.0
    return "input" if bare_s < BARE_SHARE * step_s else twin.device.bound

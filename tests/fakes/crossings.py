"""Crossovers as they would be found, made of a few words."""

from typing import Any

from msgspec.structs import replace

from dlbench.answers.crossing import Change, Comparison, CostLine, Place, Sure
from dlbench.records.case import Target
from dlbench.report.crossing.subject import Subject
from fakes.runs import NUMPY, TORCH, case, forward, rows, run_of

GPU = replace(TORCH, device="cuda")

CHANGE = Change(95.6, 80.4, 115.2, "left", 64, 128, "line")


def place(value: int, left_us: float, right_us: float, faster: Any = None) -> Place:
    """Both times, and an interval of ten percent around their ratio."""
    ratio = right_us / left_us
    return Place(
        value,
        forward(batch=value).work.flops,
        left_us * 1e-6,
        right_us * 1e-6,
        ratio,
        ratio / 1.1,
        ratio * 1.1,
        faster,
    )


PLACES = (
    place(1, 10, 90, "left"),
    place(64, 70, 100, "left"),
    place(96, 100, 101),
    place(128, 140, 110, "right"),
    place(4096, 4000, 900, "right"),
)
SURE = (Sure("left", 1, 64), Sure("right", 128, 4096))


def comparison(**changes: Any) -> Comparison:
    """One that changes at 96."""
    per_batch = forward(batch=1).work.flops
    known = {
        "axis": "batch",
        "left": NUMPY.id,
        "right": TORCH.id,
        "places": PLACES,
        "sure": SURE,
        "change": CHANGE,
        "left_cost": CostLine(9e-6, per_batch * 1e6, 1e6, 0.04),
        "right_cost": CostLine(88e-6, per_batch * 5e6, 5e6, 0.4),
    }
    return Comparison(**{**known, **changes})


def subject(left: Target = NUMPY, right: Target = TORCH, **changes: Any) -> Subject:
    """A crossover of two targets, with the rows of its places."""
    found = comparison(left=left.id, right=right.id, **changes)
    told = [
        (case(forward(batch=one.value), target), seconds)
        for one in found.places
        for target, seconds in ((left, one.left_s), (right, one.right_s))
        if seconds is not None
    ]
    run = run_of([one for one, _ in told])
    return Subject(run, found, "forward iris", left, right, tuple(rows(*told)))

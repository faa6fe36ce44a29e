"""Series: workloads that differ in exactly one number, such as the batch or the size."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from dlbench.records.case import Workload

Params = Mapping[str, int | str]


class Series(NamedTuple):
    """Workloads of a kind along a parameter.

    fixed: the other parameters, which all have; points: id of the workload by the value of the
    parameter, in ascending order.
    """

    kind: str
    fixed: Params
    parameter: str
    points: Mapping[int, str]


class _Place(NamedTuple):
    kind: str
    parameter: str
    fixed: tuple[tuple[str, int | str], ...]


def series_of(workloads: Iterable[Workload]) -> list[Series]:
    """Return all series of two workloads or more. A workload may be in several."""
    places: dict[_Place, dict[int, str]] = {}
    for one in workloads:
        params = one.axes
        for name, value in params.items():
            if isinstance(value, int):
                places.setdefault(_Place(one.kind, name, _without(params, name)), {})[value] = (
                    one.id
                )
    return [
        Series(place.kind, dict(place.fixed), place.parameter, dict(sorted(points.items())))
        for place, points in places.items()
        if len(points) > 1
    ]


def _without(params: Params, name: str) -> tuple[tuple[str, int | str], ...]:
    return tuple((other, value) for other, value in params.items() if other != name)

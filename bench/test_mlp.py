"""Passes of suite `lecture`: `pytest bench/test_mlp.py --backend tensorflow --mode function`."""

from collections.abc import Callable

from dlbench.records.case import Workload

SUITE = "lecture"


def test_mlp(workload: Workload, measure: Callable[[Workload], None]) -> None:
    """Time one pass."""
    measure(workload)

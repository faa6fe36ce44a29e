"""Matrix products of suite `matmul`: `pytest bench/test_matmul.py --backend torch`."""

from collections.abc import Callable

from dlbench.records.case import Workload

SUITE = "matmul"


def test_matmul(workload: Workload, measure: Callable[[Workload], None]) -> None:
    """Time one product."""
    measure(workload)

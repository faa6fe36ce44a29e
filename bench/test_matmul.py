"""Matrix products of suite `matmul`: `pytest bench/test_matmul.py --backend torch`."""

from collections.abc import Callable

import pytest

from conftest import workloads
from dlbench.model import Workload


@pytest.mark.parametrize("workload", workloads("matmul"), ids=lambda workload: workload.id)
def test_matmul(workload: Workload, measure: Callable[[Workload], None]) -> None:
    """Time one product."""
    measure(workload)

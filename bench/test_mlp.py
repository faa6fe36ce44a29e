"""Passes of suite `lecture`: `pytest bench/test_mlp.py --backend tensorflow --mode function`."""

from collections.abc import Callable

import pytest

from conftest import workloads
from dlbench.model import Workload


@pytest.mark.parametrize("workload", workloads("lecture"), ids=lambda workload: workload.id)
def test_mlp(workload: Workload, measure: Callable[[Workload], None]) -> None:
    """Time one pass."""
    measure(workload)

"""One side of a comparison with pytest-benchmark: run by theirs.py as `pytest peer_pytest.py`."""

from typing import Any

from steps import asked


def test_product(benchmark: Any) -> None:
    """Time the step that the environment asks for."""
    benchmark(asked())

"""What is derived of a sample and of a check."""

import math

import pytest

from dlbench.records.measurement import ParityCheck, Sample


def test_a_step_takes_its_share_of_the_block() -> None:
    assert Sample(iterations=4, host_s=2.0, started_s=0.0).step_s == 0.5


@pytest.mark.parametrize(
    ("error", "passed"),
    [(0.0, True), (1e-5, True), (1.1e-5, False), (None, False), (math.nan, False)],
)
def test_parity_holds_up_to_the_tolerance(error: float | None, passed: bool) -> None:  # noqa: FBT001
    assert ParityCheck("loss", error, 1e-5).passed is passed

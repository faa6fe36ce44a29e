import pytest

from dlbench.model import Sample, Sampling
from dlbench.stopping import reason_to_stop

SAMPLING = Sampling(blocks=3)
BLOCK = Sample(iterations=1, host_s=1.0, started_s=0.0)


@pytest.mark.parametrize(
    ("blocks", "seconds_left", "reason"),
    [
        pytest.param(0, 10.0, None, id="nothing measured yet"),
        pytest.param(2, 0.1, None, id="one block and some time to go"),
        pytest.param(3, 10.0, "blocks", id="all blocks"),
        pytest.param(4, 10.0, "blocks", id="more than all blocks"),
        pytest.param(1, 0.0, "budget", id="no time left"),
        pytest.param(1, -0.5, "budget", id="more time taken than there was"),
        pytest.param(3, 0.0, "blocks", id="the last block took the last of the time"),
    ],
)
def test_the_reason_to_stop(blocks, seconds_left, reason):
    assert reason_to_stop([BLOCK] * blocks, SAMPLING, seconds_left) == reason

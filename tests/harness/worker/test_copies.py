"""Copies between host and device as a gauge, on memory that a test can see."""

import pytest

from dlbench.errors import DlbenchError, Unavailable
from dlbench.harness import wire
from dlbench.harness.worker.copies import NAMES, Copy
from dlbench.records.plan import Sampling
from fakes.orders import START

SHORT = Sampling(block_s=0.001, warmup_s=0.001)


class Memory:
    """Memory that says what was copied; every copy takes `step_s` of the test's clock."""

    def __init__(self, clock, step_s: float = 0.001, *, loses: bool = False) -> None:
        self.clock, self.step_s, self.loses = clock, step_s, loses
        self.copied: list[str] = []

    def up(self) -> None:
        self.copied.append("up")
        self.clock.advance(self.step_s)

    def down(self) -> None:
        self.copied.append("down")
        self.clock.advance(self.step_s)

    def survive(self) -> bool:
        return not self.loses


@pytest.fixture
def memory(backend, clock):
    """The fake backend's device, with memory; the orders for it."""
    made = Memory(clock)
    asked = []

    def buffers(size: int, *, pinned: bool) -> Memory:
        asked.append((size, pinned))
        return made

    backend.device.buffers = buffers
    made.asked = asked
    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_times_copies_in_blocks(name, tell, memory) -> None:
    reply = tell(START, wire.Gauge(name, 4096, 1, SHORT, lead_s=0.002, blocks=3))
    assert isinstance(reply, wire.Timed)
    assert [sample.step_s for sample in reply.samples] == [0.001] * 3
    direction, pinned = NAMES[name]
    assert memory.asked == [(4096, pinned)]
    assert set(memory.copied) == {direction}


def test_lost_bytes_are_told(tell, memory) -> None:
    memory.loses = True
    reply = tell(START, wire.Gauge("up", 4096, 1, SHORT, lead_s=0.0, blocks=1))
    assert reply == wire.Failed("failed", "bytes are lost on their way to the device and back.")


def test_a_backend_that_cannot_copy_says_so(tell) -> None:
    reply = tell(START, wire.Gauge("up", 4096, 1, SHORT, lead_s=0.0, blocks=1))
    assert reply == wire.Failed("skipped", "the backend cannot copy to a device on its own.")


def test_a_copy_of_a_backend_without_memory_is_unavailable(backend) -> None:
    with pytest.raises(Unavailable):
        Copy(backend, "up", 4096)


def test_a_check_that_fails_is_an_error(backend, clock, memory) -> None:
    memory.loses = True
    with pytest.raises(DlbenchError, match="bytes are lost"):
        Copy(backend, "down", 4096).check()

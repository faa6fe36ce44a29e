"""The memory of a case: of its process, and of a device that counts."""

from types import SimpleNamespace
from typing import ClassVar

import pytest

from dlbench.harness.worker import memory
from dlbench.harness.worker.memory import CaseMemory
from dlbench.records.measurement import Memory
from fakes.orders import CHECK, PREPARE, START, WARM_UP


class Counting:
    """A device that counts; it says what it was asked."""

    def __init__(self, *peaks: int | None) -> None:
        self.peaks, self.begun = list(peaks), 0

    def begin_peak(self) -> None:
        self.begun += 1

    def peak_bytes(self) -> int | None:
        return self.peaks.pop(0)


class Process:
    """A process whose peaks are told."""

    peaks: ClassVar[list[int | None]] = []

    def peak(self) -> int | None:
        return self.peaks.pop(0)


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "PeakMemory", Process)

    def told(*peaks: int | None) -> None:
        Process.peaks = list(peaks)

    return told


def on(device: object) -> CaseMemory:
    return CaseMemory(SimpleNamespace(device=device))


def test_the_peak_is_of_the_process_and_of_the_device(process) -> None:
    process(100)
    device = Counting(7)
    counted = on(device)
    counted.begin()
    assert device.begun == 1
    assert counted.peak() == Memory(100, 7)


def test_a_device_that_does_not_count_is_not_known(process) -> None:
    process(100)
    counted = on(object())
    counted.begin()
    assert counted.peak() == Memory(100, None)


def test_before_the_beginning_nothing_is_known_of_the_process() -> None:
    assert on(object()).peak() == Memory()


def test_of_two_the_larger_counts_and_what_is_known_wins() -> None:
    assert Memory(5, None).most(Memory(3, 9)) == Memory(5, 9)
    assert Memory().most(Memory()) == Memory()


def test_a_case_tells_its_peak_without_that_of_its_check(tell, process) -> None:
    process(50, 40, 60)
    prepared = tell(START, PREPARE)
    assert prepared.memory == Memory(50), "the larger of binding and of the first calls"
    tell(CHECK)
    assert tell(WARM_UP).memory == Memory(60)

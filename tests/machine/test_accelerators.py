"""GPUs for `dlbench hardware`, of cards as the driver lists them."""

from dlbench.machine import accelerators as module
from dlbench.machine.accelerators import Accelerator, accelerators, described
from dlbench.records.machine.device import Device

H200 = Device(
    "cuda", "GPU-a", "NVIDIA H200", cores=16896, core_mhz=1980, memory_bytes=2**37, free_bytes=2**36
)


def test_what_the_driver_does_not_tell_is_unknown() -> None:
    silent = Device("cuda", "GPU-a", "NVIDIA H200")
    assert described([silent]) == (Accelerator("NVIDIA H200", None, None, None),)


def test_a_gpu_has_its_units_clock_and_memory() -> None:
    assert described([H200]) == (Accelerator("NVIDIA H200", 16896, 1.98, 2**37, 2**36),)


def test_they_are_those_of_this_machine(monkeypatch) -> None:
    monkeypatch.setattr(module, "devices", lambda: (H200,))
    assert accelerators() == described([H200])

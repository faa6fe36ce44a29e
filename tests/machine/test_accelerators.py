"""GPUs as the driver describes them, on drivers that are told."""

from types import SimpleNamespace

import pynvml
import pytest

from dlbench.machine.accelerators import Accelerator, accelerators


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch):
    """A driver that lists one GPU; calls can be told to fail."""

    def make(**failing: bool) -> None:
        calls = {
            "nvmlInit": lambda: None,
            "nvmlShutdown": lambda: None,
            "nvmlDeviceGetCount": lambda: 1,
            "nvmlDeviceGetHandleByIndex": lambda index: index,
            "nvmlDeviceGetName": lambda handle: "NVIDIA H200",
            "nvmlDeviceGetNumGpuCores": lambda handle: 16896,
            "nvmlDeviceGetMaxClockInfo": lambda handle, kind: 1980,
            "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(total=2**37, free=2**36),
        }
        for name, call in calls.items():
            monkeypatch.setattr(pynvml, name, refuse if name in failing else call)

    return make


def refuse(*_: object) -> None:
    raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)


def test_a_gpu_has_its_units_clock_and_memory(driver) -> None:
    driver()
    assert accelerators() == (Accelerator("NVIDIA H200", 16896, 1.98, 2**37, 2**36),)


def test_what_the_driver_does_not_tell_is_unknown(driver) -> None:
    driver(
        nvmlDeviceGetNumGpuCores=True, nvmlDeviceGetMaxClockInfo=True, nvmlDeviceGetMemoryInfo=True
    )
    assert accelerators() == (Accelerator("NVIDIA H200", None, None, None),)


def test_without_a_driver_there_is_none(driver) -> None:
    driver(nvmlInit=True)
    assert accelerators() == ()

"""NVIDIA's driver and its cards, on a library that is told what to say."""

from types import SimpleNamespace

import pynvml
import pytest

from dlbench.machine import cards
from dlbench.machine.cards import Card, Driver, NoDriver

HEAT = pynvml.nvmlClocksThrottleReasonHwThermalSlowdown
ALSO_HEAT = pynvml.nvmlClocksThrottleReasonSwThermalSlowdown
IDLE = pynvml.nvmlClocksThrottleReasonGpuIdle


def failing(code):
    def fail(*_):
        raise pynvml.NVMLError(code)

    return fail


class Library:
    """What NVML says of two cards; whatever is set to another function says something else."""

    def __init__(self, **said):
        self.ended = 0
        answers = {
            "nvmlInit": lambda: None,
            "nvmlSystemGetDriverVersion": lambda: "580.65",
            "nvmlSystemGetCudaDriverVersion_v2": lambda: 12080,
            "nvmlDeviceGetCount": lambda: 2,
            "nvmlDeviceGetHandleByIndex": lambda index: index,
            "nvmlDeviceGetName": "H{}".format,
            "nvmlDeviceGetCudaComputeCapability": lambda card: [9, card],
            "nvmlDeviceGetEnforcedPowerLimit": lambda card: 350_000,
            "nvmlDeviceGetPowerManagementDefaultLimit": lambda card: 700_000,
            "nvmlDeviceGetComputeMode": lambda card: pynvml.NVML_COMPUTEMODE_EXCLUSIVE_PROCESS,
            "nvmlDeviceGetComputeRunningProcesses": lambda card: [SimpleNamespace(pid=7)] * card,
            "nvmlDeviceGetUtilizationRates": lambda card: SimpleNamespace(gpu=25),
            "nvmlDeviceGetCurrentClocksThrottleReasons": lambda card: HEAT | ALSO_HEAT | IDLE,
            **said,
        }
        vars(self).update(answers)

    def nvmlShutdown(self):  # noqa: N802 - NVIDIA's name
        self.ended += 1


def test_cards_say_what_they_are():
    library = Library()
    card = Card("H0", (9, 0), 350.0, 700.0, ("heat",), "exclusive process", 0, 0.25)
    other = card._replace(name="H1", capability=(9, 1), programs=1)
    assert cards.read(library) == Driver("580.65", (12, 8), (card, other))
    assert library.ended == 1


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_NO_PERMISSION, pynvml.NVML_ERROR_NOT_SUPPORTED])
@pytest.mark.parametrize(
    ("function", "field"),
    [
        ("nvmlDeviceGetCudaComputeCapability", "capability"),
        ("nvmlDeviceGetEnforcedPowerLimit", "limit_w"),
        ("nvmlDeviceGetPowerManagementDefaultLimit", "default_w"),
        ("nvmlDeviceGetComputeMode", "mode"),
        ("nvmlDeviceGetComputeRunningProcesses", "programs"),
        ("nvmlDeviceGetUtilizationRates", "utilisation"),
        ("nvmlDeviceGetCurrentClocksThrottleReasons", "slowed_by"),
    ],
)
def test_what_a_card_may_not_tell_is_unknown_and_the_rest_is_known(code, function, field):
    found = cards.read(Library(**{function: failing(code)}))
    assert isinstance(found, Driver)
    assert getattr(found.cards[0], field) is None
    rest = [one for one in Card._fields if one != field]
    assert None not in [getattr(found.cards[0], one) for one in rest]


def test_a_driver_that_does_not_tell_its_cuda():
    said = {"nvmlSystemGetCudaDriverVersion_v2": failing(pynvml.NVML_ERROR_UNKNOWN)}
    found = cards.read(Library(**said))
    assert (found.version, found.cuda, len(found.cards)) == ("580.65", None, 2)


@pytest.mark.parametrize(
    ("code", "is_installed"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, False),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, True),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, True),
    ],
)
def test_a_driver_that_does_not_answer(code, is_installed):
    library = Library(nvmlInit=failing(code))
    found = cards.read(library)
    assert isinstance(found, NoDriver)
    assert found.is_installed is is_installed
    assert found.reason
    assert library.ended == 0  # nothing was begun


def test_a_card_that_is_lost_meanwhile():
    library = Library(nvmlDeviceGetHandleByIndex=failing(pynvml.NVML_ERROR_GPU_IS_LOST))
    assert cards.read(library) == NoDriver("GPU is lost", is_installed=True)
    assert library.ended == 1

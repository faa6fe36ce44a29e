"""NVIDIA's driver and its GPUs, as they say of themselves through NVML.

docs.nvidia.com/deploy/nvml-api. What a card or its driver does not tell is None.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from dlbench.machine.gpu.nvml import CODES, LIBRARY, Library, Refused

T = TypeVar("T")

# Milliwatts in a watt: NVML's unit of power.
MILLI = 1000

# CUDA's version as an integer: 13000 is 13.0, 12080 is 12.8; cudaDriverGetVersion.
CUDA_MAJOR, CUDA_MINOR = 1000, 10

# Why a clock is held down: the bits of nvmlDeviceGetCurrentClocksThrottleReasons.
SLOWED_BY = {
    CODES.nvmlClocksThrottleReasonHwThermalSlowdown: "heat",
    CODES.nvmlClocksThrottleReasonSwThermalSlowdown: "heat",
    CODES.nvmlClocksThrottleReasonHwPowerBrakeSlowdown: "an external power brake",
    CODES.nvmlClocksThrottleReasonHwSlowdown: "heat or lack of power",
}

MODES = {
    CODES.NVML_COMPUTEMODE_DEFAULT: "default",
    CODES.NVML_COMPUTEMODE_EXCLUSIVE_PROCESS: "exclusive process",
    CODES.NVML_COMPUTEMODE_PROHIBITED: "prohibited",
}


class Card(NamedTuple):
    """A GPU.

    capability: of computing, such as (9, 0); limit_w, default_w: its power limit in watts, as it is
    and as it was delivered; slowed_by: what holds its clock down; mode: who may compute on it;
    programs: the number of those that compute on it; utilisation: the share of the last moments in
    which it computed.
    """

    name: str
    capability: tuple[int, int] | None = None
    limit_w: float | None = None
    default_w: float | None = None
    slowed_by: tuple[str, ...] | None = None
    mode: str | None = None
    programs: int | None = None
    utilisation: float | None = None


class Driver(NamedTuple):
    """The driver. cuda: the newest CUDA that it runs, such as (13, 0)."""

    version: str | None = None
    cuda: tuple[int, int] | None = None
    cards: tuple[Card, ...] = ()


class NoDriver(NamedTuple):
    """There is no driver that answers. is_installed: whether there is one at all."""

    reason: str
    is_installed: bool = False


def read(nvml: Library = LIBRARY) -> Driver | NoDriver:
    """Return the driver with its cards. nvml: NVIDIA's module, or what stands for it."""
    try:
        nvml.nvmlInit()
    except Refused as error:
        is_missing = error.value == CODES.NVML_ERROR_LIBRARY_NOT_FOUND
        return NoDriver(str(error), is_installed=not is_missing)
    try:
        cuda = _told(nvml.nvmlSystemGetCudaDriverVersion_v2)
        return Driver(
            _told(nvml.nvmlSystemGetDriverVersion),
            None if cuda is None else (cuda // CUDA_MAJOR, cuda % CUDA_MAJOR // CUDA_MINOR),
            tuple(_card(nvml, index) for index in range(nvml.nvmlDeviceGetCount())),
        )
    except Refused as error:
        return NoDriver(str(error), is_installed=True)
    finally:
        nvml.nvmlShutdown()


def _card(nvml: Library, index: int) -> Card:
    card = nvml.nvmlDeviceGetHandleByIndex(index)
    capability = _told(nvml.nvmlDeviceGetCudaComputeCapability, card)
    rates = _told(nvml.nvmlDeviceGetUtilizationRates, card)
    programs = _told(nvml.nvmlDeviceGetComputeRunningProcesses, card)
    reasons = _told(nvml.nvmlDeviceGetCurrentClocksThrottleReasons, card)
    return Card(
        name=nvml.nvmlDeviceGetName(card),
        capability=None if capability is None else (capability[0], capability[1]),
        limit_w=_watts(_told(nvml.nvmlDeviceGetEnforcedPowerLimit, card)),
        default_w=_watts(_told(nvml.nvmlDeviceGetPowerManagementDefaultLimit, card)),
        slowed_by=None if reasons is None else _named(reasons),
        mode=MODES.get(_told(nvml.nvmlDeviceGetComputeMode, card)),
        programs=None if programs is None else len(programs),
        utilisation=None if rates is None else rates.gpu / 100,
    )


def _named(reasons: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for bit, name in SLOWED_BY.items() if reasons & bit))


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / MILLI


def _told(ask: Callable[..., T], *arguments: Any) -> T | None:
    """Return an answer; None if the card does not have it, or may not tell this user."""
    try:
        return ask(*arguments)
    except Refused:
        return None

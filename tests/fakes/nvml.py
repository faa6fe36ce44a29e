"""NVML on cards that were never built: it says what it is told, in told time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml

from fakes.clock import ToldClock

UUID = "GPU-{0}{0}{0}{0}{0}{0}{0}{0}-0000-0000-0000-000000000000"

# The number that ends the name of every field of a value: nvmlValueType_t.
UNSIGNED_LONG_LONG = 3


def uuid(digit: str) -> str:
    """A UUID that is easy to tell from others."""
    return UUID.format(digit)


def refused(code: int) -> Exception:
    return pynvml.NVMLError(code)


@dataclass
class FakeCard:
    """A card. counters: capped and hot nanoseconds, and millijoules; parts: its MIG instances."""

    uuid: str
    name: str = "NVIDIA H200"
    bus: str = "00000000:3B:00.0"
    mode: int = pynvml.NVML_COMPUTEMODE_DEFAULT
    mhz: int = 1980
    celsius: int = 40
    reasons: int = 0
    counters: dict[int, int] = field(
        default_factory=lambda: {
            pynvml.NVML_FI_DEV_PERF_POLICY_POWER: 0,
            pynvml.NVML_FI_DEV_PERF_POLICY_THERMAL: 0,
            pynvml.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION: 0,
        }
    )
    pids: list[int] = field(default_factory=list)
    parts: list["FakeCard"] = field(default_factory=list)

    def ran(self, joules: float = 0.0, capped_s: float = 0.0, hot_s: float = 0.0) -> None:
        """Let its counters go on."""
        self.counters[pynvml.NVML_FI_DEV_PERF_POLICY_POWER] += round(capped_s * 1e9)
        self.counters[pynvml.NVML_FI_DEV_PERF_POLICY_THERMAL] += round(hot_s * 1e9)
        self.counters[pynvml.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION] += round(joules * 1e3)


class FakeNvml:
    """NVML's functions by their own names, for these cards in the order of their places on the bus.

    refuses: codes by the name of a function; takes_s: seconds by the name of a function, which pass
    on `clock`; lost: UUIDs of cards that do not answer; opened: how often it is open now.
    """

    def __init__(self, *cards: FakeCard) -> None:
        self.cards = list(cards)
        self.refuses: dict[str, int] = {}
        self.takes_s: dict[str, float] = {}
        self.lost: set[str] = set()
        self.clock = ToldClock()
        self.opened = 0
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        answer = ANSWERS.get(name)
        if answer is None:
            raise AttributeError(name)

        def ask(*arguments: Any) -> Any:
            self.asked.append(name)
            self.clock.advance(self.takes_s.get(name, 0.0))
            if name in self.refuses:
                raise refused(self.refuses[name])
            if arguments and getattr(arguments[0], "uuid", "") in self.lost:
                raise refused(pynvml.NVML_ERROR_GPU_IS_LOST)
            return answer(self, *arguments)

        return ask

    def open(self) -> None:
        self.opened += 1

    def close(self) -> None:
        self.opened -= 1

    def found(self, wanted: str) -> FakeCard:
        every = [*self.cards, *(part for card in self.cards for part in card.parts)]
        if wanted in self.lost:
            raise refused(pynvml.NVML_ERROR_GPU_IS_LOST)
        for card in every:
            if card.uuid == wanted:
                return card
        raise refused(pynvml.NVML_ERROR_NOT_FOUND)


def _part(card: FakeCard, index: int) -> FakeCard:
    if index >= len(card.parts):
        raise refused(pynvml.NVML_ERROR_NOT_FOUND)
    return card.parts[index]


def _fields(card: FakeCard, ids: list[int]) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            nvmlReturn=0 if one in card.counters else pynvml.NVML_ERROR_NOT_SUPPORTED,
            valueType=UNSIGNED_LONG_LONG,
            value=SimpleNamespace(ullVal=card.counters.get(one, 0)),
        )
        for one in ids
    ]


ANSWERS: dict[str, Callable[..., Any]] = {
    "nvmlInit": lambda nvml: nvml.open(),
    "nvmlShutdown": lambda nvml: nvml.close(),
    "nvmlSystemGetDriverVersion": lambda nvml: "580.65",
    "nvmlDeviceGetCount": lambda nvml: len(nvml.cards),
    "nvmlDeviceGetHandleByIndex": lambda nvml, index: nvml.cards[index],
    "nvmlDeviceGetHandleByUUID": FakeNvml.found,
    "nvmlDeviceGetUUID": lambda nvml, card: card.uuid,
    "nvmlDeviceGetName": lambda nvml, card: card.name,
    "nvmlDeviceGetPciInfo": lambda nvml, card: SimpleNamespace(busId=card.bus.encode()),
    "nvmlDeviceGetComputeMode": lambda nvml, card: card.mode,
    "nvmlDeviceGetCudaComputeCapability": lambda nvml, card: (9, 0),
    "nvmlDeviceGetNumGpuCores": lambda nvml, card: 16896,
    "nvmlDeviceGetMemoryInfo": lambda nvml, card: SimpleNamespace(total=2**37, free=2**36),
    "nvmlDeviceGetMemoryBusWidth": lambda nvml, card: 6144,
    "nvmlDeviceGetMaxClockInfo": lambda nvml, card, kind: 1980 if kind == 1 else 3201,
    "nvmlDeviceGetEnforcedPowerLimit": lambda nvml, card: 700_000,
    "nvmlDeviceGetEccMode": lambda nvml, card: [1, 1],
    "nvmlDeviceGetMigMode": lambda nvml, card: [int(bool(card.parts))] * 2,
    "nvmlDeviceGetMaxMigDeviceCount": lambda nvml, card: 7,
    "nvmlDeviceGetMigDeviceHandleByIndex": lambda nvml, card, index: _part(card, index),
    "nvmlDeviceGetAttributes": lambda nvml, part: SimpleNamespace(multiprocessorCount=16),
    "nvmlDeviceGetCurrPcieLinkGeneration": lambda nvml, card: 4,
    "nvmlDeviceGetCurrPcieLinkWidth": lambda nvml, card: 16,
    "nvmlDeviceGetMaxPcieLinkGeneration": lambda nvml, card: 5,
    "nvmlDeviceGetMaxPcieLinkWidth": lambda nvml, card: 16,
    "nvmlDeviceGetComputeRunningProcesses": lambda nvml, card: [
        SimpleNamespace(pid=pid) for pid in card.pids
    ],
    "nvmlDeviceGetClockInfo": lambda nvml, card, kind: card.mhz if kind == 1 else 3201,
    "nvmlDeviceGetTemperature": lambda nvml, card, sensor: card.celsius,
    "nvmlDeviceGetCurrentClocksThrottleReasons": lambda nvml, card: card.reasons,
    "nvmlDeviceGetFieldValues": lambda nvml, card, ids: _fields(card, ids),
}

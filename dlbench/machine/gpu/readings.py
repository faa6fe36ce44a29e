"""One card, read again and again: clocks, temperature, what holds it down, energy, users.

NVML finds a card by its UUID, whatever CUDA_VISIBLE_DEVICES says. What a card does not tell, or may
not tell this user, is None; a card that is lost raises CardLost.
"""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from dlbench.errors import DlbenchError
from dlbench.machine.gpu import nvml
from dlbench.machine.gpu.nvml import CODES, LIBRARY, Library

# Between two blocks the card has nothing to do while it is asked: a slower call is left out there.
LONGEST_CALL_S = 0.001

# Calls by which the time of one is known; the first of a kind may load something.
TRIES = 3

NANO, MILLI = 1e-9, 1e-3

# Counters since the driver was loaded: nanoseconds in which the power limit held the clocks down,
# the same of heat, and millijoules. nvml.h, field identifiers; CLOCKS_EVENT_REASON_SW_POWER_CAP is
# another name of the first.
CAPPED = CODES.NVML_FI_DEV_PERF_POLICY_POWER
HOT = CODES.NVML_FI_DEV_PERF_POLICY_THERMAL
ENERGY = CODES.NVML_FI_DEV_TOTAL_ENERGY_CONSUMPTION
COUNTERS = {"capped_s": (CAPPED, NANO), "hot_s": (HOT, NANO), "energy_j": (ENERGY, MILLI)}

# The member of a value that holds it, by its type: nvmlValueType_t.
MEMBERS = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")


class CardLost(DlbenchError):
    """The card does not answer any more; nothing can be measured on it until it is reset."""

    WORDS = "was lost"

    def __init__(self, uuid: str, reason: str) -> None:
        super().__init__(
            f"card {uuid} {self.WORDS}: {reason}. `nvidia-smi` shows whether it is back, "
            "`dmesg` what happened"
        )


class Reading(NamedTuple):
    """A card at a moment; the last three are totals. None is unknown, or not asked for."""

    core_mhz: float | None = None
    memory_mhz: float | None = None
    temperature_c: float | None = None
    reasons: int | None = None
    capped_s: float | None = None
    hot_s: float | None = None
    energy_j: float | None = None


class Card:
    """A card that NVML knows; Refused if it knows none of this UUID.

    clock: tells the seconds that a call takes.
    """

    def __init__(
        self, uuid: str, library: Library = LIBRARY, clock: Callable[[], float] = perf_counter
    ) -> None:
        self.uuid, self.library, self.clock = uuid, library, clock
        library.nvmlInit()
        self.handle = library.nvmlDeviceGetHandleByUUID(uuid)
        self.calls: dict[str, Callable[[], Any]] = {
            "core_mhz": self._call("nvmlDeviceGetClockInfo", CODES.NVML_CLOCK_SM),
            "memory_mhz": self._call("nvmlDeviceGetClockInfo", CODES.NVML_CLOCK_MEM),
            "temperature_c": self._call("nvmlDeviceGetTemperature", CODES.NVML_TEMPERATURE_GPU),
            "reasons": self._call("nvmlDeviceGetCurrentClocksThrottleReasons"),
            "counters": self._counters,
        }
        self.costs_s = {name: self._cost_s(call) for name, call in self.calls.items()}
        self.quick = [name for name, cost_s in self.costs_s.items() if cost_s <= LONGEST_CALL_S]

    @property
    def slow(self) -> list[str]:
        """Return what takes too long to be asked between blocks."""
        return [name for name in self.calls if name not in self.quick]

    def totals(self) -> Reading:
        """Return the counters, if that is quick."""
        return self._read(name for name in self.quick if name == "counters")

    def read(self) -> Reading:
        """Return what is quick to ask."""
        return self._read(self.quick)

    def read_in_full(self) -> Reading:
        """Return everything."""
        return self._read(self.calls)

    def users(self) -> set[int] | None:
        """Return the ids of the processes that compute on the card; None if it does not tell."""
        found = self._ask("nvmlDeviceGetComputeRunningProcesses")
        return None if found is None else {int(one.pid) for one in found}

    def _read(self, names: Iterable[str]) -> Reading:
        found: dict[str, Any] = {}
        for name in names:
            answer = self.calls[name]()
            found |= answer if isinstance(answer, dict) else {name: answer}
        return Reading(**found)

    def _counters(self) -> dict[str, float | None]:
        answers = self._ask("nvmlDeviceGetFieldValues", [field for field, _ in COUNTERS.values()])
        if answers is None:
            return {}
        pairs = zip(COUNTERS.items(), answers, strict=False)
        return {name: _value(answer, unit) for (name, (_, unit)), answer in pairs}

    def _call(self, name: str, *arguments: Any) -> Callable[[], Any]:
        return partial(self._ask, name, *arguments)

    def _ask(self, name: str, *arguments: Any) -> Any:
        try:
            return nvml.told_or_lost(self.library, name, self.handle, *arguments)
        except nvml.Refused as error:
            raise CardLost(self.uuid, str(error)) from error

    def _cost_s(self, call: Callable[[], Any]) -> float:
        """Return the median time of a call."""
        edges_s = [self.clock()]
        for _ in range(TRIES):
            call()
            edges_s.append(self.clock())
        return median(after - before for before, after in pairwise(edges_s))


def _value(answer: Any, unit: float) -> float | None:
    """Return the value of a field, None if there is none."""
    if answer.nvmlReturn != CODES.NVML_SUCCESS or answer.valueType >= len(MEMBERS):
        return None
    return float(getattr(answer.value, MEMBERS[answer.valueType])) * unit

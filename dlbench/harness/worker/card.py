"""The card that a worker computes on: read right before and right after a block, and its flags.

The worker reads it, not the supervisor: the blocks of a turn follow each other without a pause, and
only the worker knows when one ends. It must not know any framework.
"""

import os
from collections.abc import Callable
from typing import Any, Protocol

from msgspec.structs import replace

from dlbench import units
from dlbench.harness import family
from dlbench.machine.gpu import nvml
from dlbench.machine.gpu.nvml import CODES
from dlbench.machine.gpu.readings import Card, Reading
from dlbench.records.machine.telemetry import Telemetry
from dlbench.records.measurement import Flag, Sample

# The bits of nvmlClocksEventReasons that tell the same as the counters of time, which stand still
# on some cards.
BY_POWER = (
    CODES.nvmlClocksThrottleReasonSwPowerCap | CODES.nvmlClocksThrottleReasonHwPowerBrakeSlowdown
)
BY_HEAT = (
    CODES.nvmlClocksThrottleReasonSwThermalSlowdown
    | CODES.nvmlClocksThrottleReasonHwThermalSlowdown
)

Facts = dict[str, str | int | None]


class Watch(Protocol):
    """Watches the card of a worker; NoCard does nothing."""

    def begin(self) -> None:
        """Look who else computes on the card: once for each case."""

    def before(self) -> Reading:
        """Read the counters before a block."""

    def after(self, sample: Sample, before: Reading) -> Sample:
        """Return a block with what the card tells right after it, and the flags of that."""

    def in_full(self, sample: Sample) -> Sample:
        """Return a block with what takes long to ask, too."""

    def facts(self) -> Facts:
        """Return how the card is watched."""


class NoCard:
    """In place of a watch: the CPU, or a card that NVML does not know.

    reason: why it is not watched, if it is a card.
    """

    def __init__(self, reason: str = "") -> None:
        self.reason = reason

    def begin(self) -> None:
        """Do nothing."""

    def before(self) -> Reading:
        """Return that nothing is known."""
        return Reading()

    def after(self, sample: Sample, before: Reading) -> Sample:  # noqa: ARG002
        """Return the block as it is."""
        return sample

    def in_full(self, sample: Sample) -> Sample:
        """Return the block as it is."""
        return sample

    def facts(self) -> Facts:
        """Return why the card is not watched."""
        return {"card_watched": f"no: {self.reason}"} if self.reason else {}


class CardWatch:
    """Watches a card. relatives: returns the ids of this run's processes."""

    def __init__(self, card: Card, relatives: Callable[[], set[int]]) -> None:
        self.card, self.relatives = card, relatives
        self.is_shared = False

    def begin(self) -> None:
        """Look for processes on the card that are not of this run.

        Where the own process is not listed, the driver counts by other ids, as it does for some
        containers: then nobody knows.
        """
        users = self.card.users() or set()
        self.is_shared = os.getpid() in users and not users <= self.relatives()

    def before(self) -> Reading:
        """Read the counters before a block."""
        return self.card.totals()

    def after(self, sample: Sample, before: Reading) -> Sample:
        """Return a block with what the card tells right after it, and the flags of that."""
        return self._told(sample, before, self.card.read())

    def in_full(self, sample: Sample) -> Sample:
        """Return a block with what takes long to ask, too; without counters over the block."""
        if not self.card.slow or sample.card is None:
            return sample
        now = self.card.read_in_full()
        late = {name: value for name, value in _moment(now).items() if name in self.card.slow}
        return replace(sample, card=replace(sample.card, **late))

    def _told(self, sample: Sample, before: Reading, now: Reading) -> Sample:
        card = Telemetry(
            **_moment(now),
            capped_s=_since(before.capped_s, now.capped_s),
            hot_s=_since(before.hot_s, now.hot_s),
            energy_j=now.energy_j,
        )
        return replace(sample, card=card, flags=(*sample.flags, *self._flags(card)))

    def _flags(self, card: Telemetry) -> tuple[Flag, ...]:
        reasons = card.reasons or 0
        conditions: dict[Flag, bool] = {
            "capped": bool(card.capped_s) or bool(reasons & BY_POWER),
            "hot": bool(card.hot_s) or bool(reasons & BY_HEAT),
            "shared": self.is_shared,
        }
        return tuple(flag for flag, is_present in conditions.items() if is_present)

    def facts(self) -> Facts:
        """Return what the card tells between blocks, and how long each call takes."""
        told = self.card.read_in_full()
        known = [name for name in self.card.calls if self._is_known(name, told)]
        costs = (f"{name} {units.duration(self.card.costs_s[name])}" for name in known)
        left_out = [name for name in known if name in self.card.slow]
        return {
            "card": self.card.uuid,
            "card_watched": ", ".join(costs) or "no: the driver tells nothing",
            "card_watched_once": ", ".join(left_out) or None,
        }

    @staticmethod
    def _is_known(name: str, told: Reading) -> bool:
        found = (told.capped_s, told.hot_s, told.energy_j)
        return (
            any(one is not None for one in found)
            if name == "counters"
            else (getattr(told, name) is not None)
        )


def _moment(reading: Reading) -> dict[str, Any]:
    """Return what is of a moment and not a total."""
    names = ("core_mhz", "memory_mhz", "temperature_c", "reasons")
    return {name: getattr(reading, name) for name in names}


def _since(before: float | None, now: float | None) -> float | None:
    """Return how far a counter has moved; None if it is unknown, or has begun anew."""
    return None if before is None or now is None or now < before else now - before


def watch(uuid: str) -> Watch:
    """Return what watches the card of this UUID; NoCard without one, or if NVML knows none."""
    if not uuid:
        return NoCard()
    try:
        return CardWatch(Card(uuid), relatives)
    except nvml.Refused as error:
        return NoCard(str(error))


def relatives() -> set[int]:
    """Return the ids of the processes of this run: the supervisor and all that it has started."""
    supervisor = os.getppid()
    return {supervisor, *(one.pid for one in family.descendants(supervisor))}

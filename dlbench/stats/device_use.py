"""What the device does of a step's time, and what sets that time: device, host or input.

Whether the device computes or waits for its memory is not told here: that takes the ceilings of the
device.
"""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Literal, NamedTuple, TypeVar

from msgspec import Struct

from dlbench.records.case import Target
from dlbench.records.machine.device_time import DeviceTime
from dlbench.records.measurement import Sample
from dlbench.stats.issue import limit

Bound = Literal["launch", "device", "both", "input"]
"""What sets the time: the host, which asks for steps too slowly (`launch`); the device; both about
equally; or bringing data to the device (`input`)."""

CPU = "cpu"

T = TypeVar("T")


class DeviceUse(Struct, frozen=True):
    """The device's part of a step; None where unknown.

    bound: what sets the time of a step; seconds: of a step on the device alone; share: the same, of
    the time of a step; issue_s: seconds that the host needs to ask for a step, where it sets the
    time; sync_s: seconds of a block without work; how: the method; reason: why the device's time is
    unknown.
    """

    bound: Bound | None = None
    seconds: float | None = None
    share: float | None = None
    issue_s: float | None = None
    sync_s: float | None = None
    how: str | None = None
    reason: str | None = None


class Told(NamedTuple):
    """What was measured of a case: blocks that count, those of the warm-up, the device's part."""

    samples: Sequence[Sample]
    warmup: Sequence[Sample]
    devices: Sequence[DeviceTime]


def device_use(target: Target, told: Told, step_s: float | None) -> DeviceUse:
    """Return the device's part of a case. step_s: seconds of a step."""
    devices = told.devices
    sync_s = _median(one.sync_s for one in devices)
    if target.device == CPU:
        return DeviceUse(sync_s=sync_s)
    seconds = _median(one.queued.seconds for one in devices if one.queued)
    bound = None if waits_for_itself(target) else _bound(told, sync_s or 0.0)
    return DeviceUse(
        bound=bound,
        seconds=seconds,
        share=min(1.0, seconds / step_s) if seconds and step_s else None,
        issue_s=_issue_s(told) if bound == "launch" else None,
        sync_s=sync_s,
        how=_how(devices),
        reason=_reason(devices) if seconds is None else None,
    )


def waits_for_itself(target: Target) -> bool:
    """Return whether each iteration waits for the device: an epoch, a call that returns arrays.

    Then its blocks do not tell whether the device has work left.
    """
    return bool(target.loop or target.call)


def _bound(told: Told, sync_s: float) -> Bound | None:
    """Judge by the blocks that count; by those of the warm-up if the former are too short."""
    return limit(told.samples, sync_s) or limit(told.warmup, sync_s)


def _issue_s(told: Told) -> float | None:
    return _median(_asked_s(one) for one in told.samples)


def _asked_s(sample: Sample) -> float | None:
    return None if sample.issued_s is None else sample.issued_s / sample.iterations


def _how(devices: Iterable[DeviceTime]) -> str | None:
    return _first(one.queued.how for one in devices if one.queued)


def _reason(devices: Iterable[DeviceTime]) -> str | None:
    return _first(one.queued.reason for one in devices if one.queued)


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _median(values: Iterable[float | None]) -> float | None:
    known: Sequence[float] = [value for value in values if value is not None]
    return median(known) if known else None

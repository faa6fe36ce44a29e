"""Records of older versions as the present one would have written them."""

from collections.abc import Iterable
from typing import Protocol

from msgspec.structs import replace

from dlbench.records.measurement import Flag, Measurement, Sample

# From this schema on, a block is busy only if the worker's cores were short.
BUSY_BY_USE = 7

# Threads that waited less than this share of a block lost nothing: the bound of the present rule
# (harness/worker/interference.py).
WAITED_SHARE = 0.05


# From this schema on, a block is not busy if its threads waited because a quota stopped them.
BUSY_BY_OTHERS = 8


def upgraded(measurements: Iterable[Measurement], version: int) -> tuple[Measurement, ...]:
    """Return the measurements with `busy` only where threads waited. version: of their schema."""
    if version >= BUSY_BY_OTHERS:
        return tuple(measurements)
    return tuple(
        replace(one, samples=tuple(_judged(sample, version) for sample in one.samples))
        for one in measurements
    )


def _judged(sample: Sample, version: int) -> Sample:
    flags = flags_of(sample, version)
    return sample if flags == sample.flags else replace(sample, flags=flags)


class Flagged(Protocol):
    """What it takes of a sample to say whether it was disturbed."""

    @property
    def host_s(self) -> float:
        """Seconds of the host."""

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Its flags."""

    @property
    def waited_s(self) -> float | None:
        """Seconds that its threads waited."""

    @property
    def throttled_s(self) -> float | None:
        """Seconds that a quota stopped it."""


def flags_of(sample: Flagged, version: int) -> tuple[Flag, ...]:
    """Return a sample's flags, without `busy` if no thread waited for a core that others used.

    Records of versions below BUSY_BY_USE do not say how many cores the worker used: threads that
    were declared counted as used, and programs that the worker had started as others. In later
    ones, only the waiting of blocks that a quota stopped is judged again.
    """
    is_right = version >= BUSY_BY_OTHERS or (version >= BUSY_BY_USE and not sample.throttled_s)
    if is_right or sample.waited_s is None:
        return sample.flags
    if sample.waited_s - (sample.throttled_s or 0.0) > WAITED_SHARE * sample.host_s:
        return sample.flags
    return tuple(flag for flag in sample.flags if flag != "busy")

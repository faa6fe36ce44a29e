"""Records of older versions as the present one would have written them."""

from collections.abc import Iterable

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
    """Return the measurements with `busy` only where threads waited. version: of their schema.

    Records of versions below BUSY_BY_USE do not say how many cores the worker used: threads that
    were declared counted as used, and programs that the worker had started as others. In later
    ones, only the waiting of blocks that a quota stopped is judged again.
    """
    if version >= BUSY_BY_OTHERS:
        return tuple(measurements)
    is_old = version < BUSY_BY_USE
    return tuple(
        replace(
            one,
            samples=tuple(
                _without_false_alarm(sample) if is_old or sample.throttled_s else sample
                for sample in one.samples
            ),
        )
        for one in measurements
    )


def _without_false_alarm(sample: Sample) -> Sample:
    """Drop the flag `busy` if no thread waited for a core that others used."""
    waited_s = sample.waited_s
    if waited_s is not None:
        waited_s -= sample.throttled_s or 0.0
    flags = flags_of(sample.flags, waited_s, sample.host_s)
    return sample if flags == sample.flags else replace(sample, flags=flags)


def flags_of(flags: tuple[Flag, ...], waited_s: float | None, host_s: float) -> tuple[Flag, ...]:
    """Return a sample's flags, without `busy` if no thread waited for a core that others used."""
    if waited_s is None or waited_s > WAITED_SHARE * host_s:
        return flags
    return tuple(flag for flag in flags if flag != "busy")

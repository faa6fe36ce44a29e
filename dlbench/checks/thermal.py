"""Heat: whether the CPU, or a GPU, is hot enough to be slowed down.

docs.kernel.org/driver-api/thermal/sysfs-api.html; for GPUs NVML's reasons of lower clocks.
"""

from collections.abc import Iterator
from pathlib import Path

from dlbench.checks.base import ASK_HOST, HIDDEN, Facts, Outcome, number, text

SUBJECT = "cpu"

# The kernel's unit is a thousandth of a degree.
MILLI = 1000

# Closer than this to the temperature at which it acts, a few more seconds of work get there.
NEAR_C = 5

# The trip points at which clocks are lowered, or the machine goes off.
ACTS = {"passive", "hot", "critical"}

MEANING = "the clock is lowered while it is measured: times grow with every minute"
ADVICE = "let it cool down, clean the fans, and keep other work away"


def check(facts: Facts) -> Outcome:
    """Judge temperatures against their limits, and the counts of slowing down."""
    slowed = _slowed(facts)
    zones = list(_zones(facts.sys))
    if slowed:
        return Outcome("bad", "; ".join(slowed), MEANING, ADVICE)
    if not zones and facts.throttled_times is None:
        return Outcome("unknown", "the system does not tell", HIDDEN, ASK_HOST)
    known = [(name, at, limit) for name, at, limit in zones if limit is not None]
    near = [
        f"{name} {at:.0f} of {limit:.0f} °C" for name, at, limit in known if _is_near(at, limit)
    ]
    if near:
        return Outcome("notice", "; ".join(near), f"soon {MEANING}", ADVICE)
    if not known and facts.throttled_times is None:
        return Outcome("unknown", _warmest(zones), "its limit is not known", ASK_HOST)
    return Outcome("good", _warmest(zones) if zones else "not slowed down")


def _slowed(facts: Facts) -> list[str]:
    times = [f"CPU slowed down {facts.throttled_times} times"] if facts.throttled_times else []
    return times + [
        f"GPU {index} slowed down by {' and '.join(card.slowed_by)}"
        for index, card in enumerate(facts.cards)
        if card.slowed_by
    ]


def _zones(sys: Path) -> Iterator[tuple[str, float, float | None]]:
    """Yield name, temperature and lowest limit in degrees Celsius; None without a limit."""
    for folder in sorted(sys.glob("class/thermal/thermal_zone*")):
        at = number(folder / "temp")
        if at is not None:
            name = text(folder / "type") or folder.name
            limits = [limit for kind, limit in _trips(folder) if kind in ACTS and limit > 0]
            yield name, at / MILLI, min(limits) / MILLI if limits else None


def _trips(folder: Path) -> Iterator[tuple[str | None, int]]:
    for file in folder.glob("trip_point_*_temp"):
        limit = number(file)
        if limit is not None:
            yield text(file.with_name(file.name.replace("_temp", "_type"))), limit


def _is_near(at: float, limit: float | None) -> bool:
    return limit is not None and at > limit - NEAR_C


def _warmest(zones: list[tuple[str, float, float | None]]) -> str:
    name, at, _ = max(zones, key=lambda zone: zone[1])
    return f"warmest: {name}, {at:.0f} °C"

"""How often heat has slowed the CPU down, by the kernel's count."""

from pathlib import Path


def throttled_times(sys: Path) -> int | None:
    """Return the sum over all cores since the start of the machine; None if it is not counted.

    Intel's CPUs only: Documentation/ABI/testing/sysfs-devices-system-cpu, thermal_throttle.
    """
    files = sys.glob("devices/system/cpu/cpu[0-9]*/thermal_throttle/core_throttle_count")
    counts = [count for file in files if (count := _count(file)) is not None]
    return sum(counts) if counts else None


def _count(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None

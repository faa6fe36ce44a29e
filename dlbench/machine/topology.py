"""The cores of the CPU that this process may use, their hardware threads, and their caches.

Linux tells them below /sys/devices/system/cpu (docs.kernel.org/admin-guide/cputopology.html).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from dlbench.machine.grants import granted

SYSTEM = Path("/sys/devices/system/cpu")

# Sizes of caches are written with their unit: `32768K`.
UNITS = {"K": 2**10, "M": 2**20}


@dataclass(frozen=True)
class Topology:
    """What can be used. cores: those with units of their own; None is unknown.

    threads: the hardware threads; cache_bytes: all last-level caches of the machine together.
    """

    cores: int | None
    threads: int
    cache_bytes: int | None


def topology(system: Path = SYSTEM) -> Topology:
    """Return the cores and caches. system: where the kernel describes the CPUs."""
    grant = granted()
    cores = _distinct(system, grant.allowed, "topology/core_cpus_list")
    cores = cores or _distinct(system, grant.allowed, "topology/thread_siblings_list")
    known = len(cores) or psutil.cpu_count(logical=False)
    return Topology(
        cores=min(known, grant.cores) if known else None,
        threads=grant.cores,
        cache_bytes=_last_level(system),
    )


def _distinct(system: Path, cpus: Collection[int], name: str) -> set[str]:
    """Return the different texts of a file of these CPUs: threads of a core share theirs."""
    return {text for cpu in cpus if (text := _read(system / f"cpu{cpu}" / name))}


def _last_level(system: Path) -> int | None:
    """Return the bytes of the caches of the highest level, each counted once."""
    found = list(_caches(system))
    last = max((level for level, _, _ in found), default=0)
    sizes = {cpus: size for level, cpus, size in found if level == last}
    return sum(sizes.values()) or None


def _caches(system: Path) -> Iterator[tuple[int, str, int]]:
    """Yield level, CPUs and bytes of every cache of every CPU."""
    for folder in system.glob("cpu[0-9]*/cache/index[0-9]*"):
        level, cpus, size = (_read(folder / name) for name in ("level", "shared_cpu_list", "size"))
        if level.isdecimal() and size[:-1].isdecimal() and size[-1:] in UNITS:
            yield int(level), cpus, int(size[:-1]) * UNITS[size[-1]]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""

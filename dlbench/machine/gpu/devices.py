"""The NVIDIA cards of the machine as records, each with its name in dlbench."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from dlbench.machine.cards import MILLI, MODES
from dlbench.machine.gpu import cuda, nvml
from dlbench.machine.gpu.cuda import ORDER, Counted
from dlbench.machine.gpu.nvml import CODES, LIBRARY, Library, told
from dlbench.machine.gpu.variables import VISIBLE, digits, shown
from dlbench.records.machine.device import Device, Link

KIND = "cuda"
SYS = Path("/sys")

# The digits of a domain in the kernel's name of a PCI device; NVML writes eight.
DOMAIN_DIGITS = 4


class _Card(NamedTuple):
    """A card, or a part of one. whole: the handle of the card; handle: its own."""

    uuid: str
    handle: Any
    whole: Any


@cache
def _counted_once(order: str | None) -> tuple[Counted, ...]:  # noqa: ARG001 - what it depends on
    """Ask CUDA once in a process: its answer takes half a second, and stays the same."""
    return cuda.counted()


def _counted(variables: Mapping[str, str]) -> tuple[Counted, ...]:
    return _counted_once(variables.get(ORDER))


class Source(NamedTuple):
    """Where facts come from. counted: returns the cards as CUDA counts them; sys: the kernel's."""

    library: Library = LIBRARY
    variables: Mapping[str, str] = os.environ
    counted: Callable[[Mapping[str, str]], tuple[Counted, ...]] = _counted
    sys: Path = SYS


HERE = Source()


def devices(source: Source = HERE) -> tuple[Device, ...]:
    """Return the cards: those that a program sees, by their number, then hidden ones.

    A card that is divided is its instances. None without a working driver.
    """
    try:
        with nvml.opened(source.library):
            return tuple(_devices(source))
    except nvml.Refused:
        return ()


def named(index: int, kind: str = KIND) -> str:
    """Return the name of a device in dlbench: the first of a kind has no number."""
    return f"{kind}:{index}" if index else kind


def _devices(source: Source) -> Iterator[Device]:
    library = source.library
    count = library.nvmlDeviceGetCount()
    handles = (told(library, "nvmlDeviceGetHandleByIndex", index) for index in range(count))
    cards = {
        uuid: _Card(uuid, one, one)
        for one in handles
        if one is not None and (uuid := _uuid(library, one))
    }
    parts = {uuid: found for uuid, one in cards.items() if (found := _parts(library, one.whole))}
    known = {one.digits: one for one in source.counted(source.variables)} if cards else {}
    order = list(cards) if parts else _ordered(list(cards), known)
    names = {uuid: [part.uuid for part in found] for uuid, found in parts.items()}
    visible = shown(order, names, source.variables.get(VISIBLE))
    every = [part for uuid in order for part in parts.get(uuid, [cards[uuid]])]
    by_uuid = {one.uuid: one for one in every}
    hidden = [uuid for uuid in by_uuid if uuid not in visible]
    for index, uuid in enumerate((*visible, *hidden)):
        name = named(index) if index < len(visible) else ""
        yield _device(name, by_uuid[uuid], known.get(digits(uuid)), source)


def _uuid(library: Library, handle: Any) -> str:
    return str(told(library, "nvmlDeviceGetUUID", handle) or "")


def _parts(library: Library, whole: Any) -> list[_Card]:
    """Return the MIG instances of a card; none if it is not divided."""
    mode = told(library, "nvmlDeviceGetMigMode", whole)
    if not mode or mode[0] != CODES.NVML_DEVICE_MIG_ENABLE:
        return []
    most = told(library, "nvmlDeviceGetMaxMigDeviceCount", whole) or 0
    handles = (told(library, "nvmlDeviceGetMigDeviceHandleByIndex", whole, n) for n in range(most))
    return [
        _Card(uuid, handle, whole)
        for handle in handles
        if handle is not None and (uuid := _uuid(library, handle))
    ]


def _ordered(cards: Sequence[str], known: Mapping[str, Counted]) -> list[str]:
    """Return the cards in CUDA's order; those that it does not list come last, in NVML's."""
    places = {one: place for place, one in enumerate(known)}
    return sorted(cards, key=lambda uuid: places.get(digits(uuid), len(places)))


def _device(name: str, card: _Card, known: Counted | None, source: Source) -> Device:
    library, handle, whole = source.library, card.handle, card.whole
    is_part = handle is not whole
    memory = told(library, "nvmlDeviceGetMemoryInfo", handle)
    capability = told(library, "nvmlDeviceGetCudaComputeCapability", whole)
    limit = None if is_part else told(library, "nvmlDeviceGetEnforcedPowerLimit", whole)
    ecc = told(library, "nvmlDeviceGetEccMode", whole)
    mig = told(library, "nvmlDeviceGetMigMode", whole)
    users = told(library, "nvmlDeviceGetComputeRunningProcesses", handle)
    return Device(
        device=name,
        uuid=card.uuid,
        name=str(told(library, "nvmlDeviceGetName", handle) or "unknown card"),
        driver=told(library, "nvmlSystemGetDriverVersion"),
        capability=None if capability is None else ".".join(map(str, capability)),
        cores=None if is_part else told(library, "nvmlDeviceGetNumGpuCores", whole),
        multiprocessors=known.multiprocessors if known else _units_of_part(library, card),
        memory_bytes=None if memory is None else int(memory.total),
        free_bytes=None if memory is None else int(memory.free),
        bus_bits=_bus_bits(library, card, known),
        l2_bytes=known.l2_bytes if known else None,
        core_mhz=told(library, "nvmlDeviceGetMaxClockInfo", whole, CODES.NVML_CLOCK_SM),
        memory_mhz=told(library, "nvmlDeviceGetMaxClockInfo", whole, CODES.NVML_CLOCK_MEM),
        power_limit_w=None if limit is None else limit / MILLI,
        ecc=None if ecc is None else bool(ecc[0]),
        mig=None if mig is None else bool(mig[0]),
        compute_mode=MODES.get(told(library, "nvmlDeviceGetComputeMode", whole)),
        pcie=_link(library, whole),
        numa_node=_numa_node(library, whole, source.sys),
        others=None if users is None else len(users),
    )


def _units_of_part(library: Library, card: _Card) -> int | None:
    """Return the multiprocessors of a MIG instance: of whole cards, NVML does not tell them."""
    if card.handle is card.whole:
        return None
    found = told(library, "nvmlDeviceGetAttributes", card.handle)
    return None if found is None else int(found.multiprocessorCount)


def _bus_bits(library: Library, card: _Card, known: Counted | None) -> int | None:
    if card.handle is not card.whole:
        return None
    bits = told(library, "nvmlDeviceGetMemoryBusWidth", card.whole)
    return known.bus_bits if bits is None and known else bits


def _link(library: Library, whole: Any) -> Link | None:
    found = [
        told(library, f"nvmlDeviceGet{which}PcieLink{what}", whole)
        for which in ("Curr", "Max")
        for what in ("Generation", "Width")
    ]
    return None if found == [None] * len(found) else Link(*found)


def _numa_node(library: Library, whole: Any, sys: Path) -> int | None:
    """Return the node of the host; the kernel says -1 where there is one node only."""
    pci = told(library, "nvmlDeviceGetPciInfo", whole)
    if pci is None:
        return None
    bus = pci.busId.decode() if isinstance(pci.busId, bytes) else str(pci.busId)
    domain, _, rest = bus.lower().partition(":")
    file = sys / "bus/pci/devices" / f"{domain[-DOMAIN_DIGITS:]}:{rest}" / "numa_node"
    try:
        node = int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return node if node >= 0 else None

"""Leave out what does not fit into the memory of the host, or of a device.

All cases of a row are in memory at a time: they are measured in turns.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from dlbench import units
from dlbench.plan.nulls import copied
from dlbench.plan.targets import Machine
from dlbench.records.base import DTYPES
from dlbench.records.case import Case, Group
from dlbench.workloads.base import AnyNetworks, for_kinds, kind_named

# The memory of a case that runs, as a multiple of the elements of its multiplications: the drawn
# data, its copy in the framework, and the results. The oracle's float64 arrays are short-lived.
MEMORY_SHARE = 3

# The same on a device, where no data is drawn: operands, results, and what is in between.
DEVICE_SHARE = 2

# What a process holds on a device before any data: its context and the code of its libraries.
# Seen: 0.3 to 0.5 GB with PyTorch and JAX on an H200.
CONTEXT_BYTES = 500_000_000

# Data is drawn in float32, whatever narrower type it is cast to.
DRAWN = DTYPES["float32"]

CPU = "cpu"


def within_memory(group: Group, machine: Machine, known: AnyNetworks) -> Group:
    """Return the group without what does not fit: the cases of a device, or all.

    These are skipped with a reason. known: all networks by name.
    """
    for device in dict.fromkeys(case.target.device for case in group.cases):
        free = _free(device, machine)
        if device != CPU and free is not None:
            own = [case for case in _live(group) if case.target.device == device]
            need = sum(_on_device(case, known) for case in own)
            group = _without(group, own, need, free, f"of {device}'s memory")
    live = _live(group)
    need = sum(_on_host(case, known) for case in live)
    return _without(group, live, need, machine.memory_bytes, "of memory")


def _free(device: str, machine: Machine) -> int | None:
    """Return the free bytes of a device; None if the driver does not tell."""
    index = int(device.partition(":")[2] or 0)
    return machine.device_memory[index] if index < len(machine.device_memory) else None


def _live(group: Group) -> list[Case]:
    """Return the cases that run, and their nulls, which need memory too."""
    running = [case for case in group.cases if case.skip is None]
    return [*running, *copied(running, running)]


def _without(group: Group, those: Sequence[Case], need: int, free: int, what: str) -> Group:
    """Return the group; these cases are skipped if they need more than is free."""
    if need <= free:
        return group
    skipped = {case.id for case in those}
    targets = units.counted(len(skipped), "target")
    reason = (
        f"{group.workload.id} needs about {units.size(need)} {what} for its "
        f"{targets} and {units.size(free)} are free; choose smaller sizes or fewer targets"
    )
    cases = (replace(case, skip=reason) if case.id in skipped else case for case in group.cases)
    return replace(group, cases=tuple(cases))


def _on_host(case: Case, known: AnyNetworks) -> int:
    """Return about the memory that a case needs on the host."""
    width = max(DTYPES[case.target.dtype].bytes, DRAWN.bytes)
    return MEMORY_SHARE * _elements(case, known) * width


def _on_device(case: Case, known: AnyNetworks) -> int:
    """Return about the memory that a case and its process need on their device."""
    width = DTYPES[case.target.dtype].bytes
    return CONTEXT_BYTES + DEVICE_SHARE * _elements(case, known) * width


def _elements(case: Case, known: AnyNetworks) -> int:
    return kind_named(case.workload.kind).elements_in_memory(case.workload.params, for_kinds(known))

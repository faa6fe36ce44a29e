"""Plan what to measure of a machine: which products, in which threads, and which smallest steps.

This module starts and measures nothing, and imports no framework.
"""

from collections.abc import Mapping, Sequence
from typing import cast

from dlbench.errors import UsageError
from dlbench.machine.accelerators import Accelerator
from dlbench.machine.gpu.devices import KIND
from dlbench.machine.topology import Topology
from dlbench.plan.request import HardwareRequest
from dlbench.plan.targets import CPU, NO_GPU, Machine, reason_to_skip, targets_for
from dlbench.plan.wishes import DEFAULT
from dlbench.records.base import DTYPES
from dlbench.records.case import ModeKind, Target
from dlbench.records.machine.hardware import HardwarePlan, Kinded, Products

# A minute: enough for all ceilings on two cores; a longer search finds about a percent more.
BUDGET_S = 60.0

# Of each array of the sum: STREAM asks for four times the last-level caches (stream.c), and where
# these are unknown, this is four times those of most machines.
CACHES = 4
LEAST_ARRAY_BYTES = 256 * 2**20

# The memory that the arrays of a measurement may take: the machine has other programs, too.
MEMORY_SHARE = 0.25
SUM_ARRAYS = 3
# A product is drawn, copied to the framework, and cast for the check.
PRODUCT_COPIES = 3

COPIES = "Not measured: copies between host and GPU"


def make(
    request: HardwareRequest,
    machine: Machine,
    topology: Topology,
    accelerators: Sequence[Accelerator],
) -> HardwarePlan:
    """Return the plan; UsageError if nothing that is asked for can be measured here."""
    default, notes = _targets(request, machine, {"mode": [DEFAULT]})
    others, _ = _targets(request, machine, {})
    products = _products(default)
    cpu_threads = {one.threads for one in products if one.device == "cpu"}
    if all(one.device == CPU for one in products):
        why = "only the CPU is measured" if machine.gpus else NO_GPU
        notes.append(f"{COPIES}: {why}")
    free = int(MEMORY_SHARE * machine.memory_bytes)
    return HardwarePlan(
        products=tuple(products),
        floors=tuple(_floors(products, default, others)),
        threads=tuple(sorted(cpu_threads)),
        array_bytes=min(array_bytes(topology), free // SUM_ARRAYS),
        memory_bytes={
            one.device: _product_bytes(one.device, free, accelerators) for one in products
        },
        budget_s=BUDGET_S if request.budget_s is None else request.budget_s,
        notes=tuple(notes),
    )


def _targets(
    request: HardwareRequest, machine: Machine, axes: Mapping[str, Sequence[str]]
) -> tuple[list[Kinded], list[str]]:
    """Return the targets that this machine has, and why it has none of a named backend or device.

    axes: what applies where the user says nothing.
    """
    dtypes = (
        dtype
        for declared in machine.declarations.values()
        for known in declared.devices.values()
        for dtype in known
    )
    every = {"dtype": list(dict.fromkeys(dtypes)), "threads": _threads(machine), **axes}
    asked = targets_for({**every, **request.targets}, machine)
    reasons = {target: reason_to_skip(target, machine) for target, _ in asked}
    there = [
        (target, cast("ModeKind", kind))
        for target, kind in asked
        if reasons[target] is None and _is_searched(target, request)
    ]
    absent = list(dict.fromkeys(reason for reason in reasons.values() if reason is not None))
    if not there:
        raise UsageError("nothing can be measured: " + "; ".join(absent))
    return there, absent


def _threads(machine: Machine) -> list[str]:
    return [str(count) for count in dict.fromkeys((machine.cores, 1))]


def _is_searched(target: Target, request: HardwareRequest) -> bool:
    """Return whether the dtype of a target is searched.

    Dtypes that need other units than the usual ones of a CPU, or that mix two, are searched on
    request: they would take the time of the others.
    """
    kind = DTYPES[target.dtype]
    needs_asking = kind.also or (kind.rounding and target.device == CPU)
    return bool(request.dtype) or not needs_asking


def _products(targets: Sequence[Kinded]) -> list[Products]:
    """Return the ceilings: per device most threads first, and of these the first dtype first."""
    settings = dict.fromkeys((one.device, one.threads, one.dtype) for one, _ in targets)
    devices = list(dict.fromkeys(device for device, _, _ in settings))
    found = [
        Products(
            device,
            dtype,
            threads,
            tuple(
                (one, kind)
                for one, kind in targets
                if (one.device, one.threads, one.dtype) == (device, threads, dtype)
            ),
        )
        for device, threads, dtype in settings
    ]
    return sorted(found, key=lambda one: (devices.index(one.device), -one.threads))


def _floors(
    products: Sequence[Products], default: Sequence[Kinded], others: Sequence[Kinded]
) -> list[Kinded]:
    """Return a target for each framework, mode and device, the default modes first.

    Their workers are there for the products. Of the others, those that compile come last: they take
    the longest to start.
    """
    firsts = {one.device: one for one in reversed(products)}
    chosen = [
        (target, kind)
        for target, kind in dict.fromkeys((*default, *others))
        if (first := firsts.get(target.device))
        and (target.dtype, target.threads) == (first.dtype, first.threads)
    ]
    return sorted(chosen, key=lambda one: (one not in default, one[1] == "static"))


def array_bytes(topology: Topology) -> int:
    """Return the bytes of an array of the sum that no cache can hold."""
    return max(LEAST_ARRAY_BYTES, CACHES * (topology.cache_bytes or 0))


def _product_bytes(device: str, free: int, accelerators: Sequence[Accelerator]) -> int:
    """Return the bytes that the operands and the result of a product may take."""
    kind, _, index = device.partition(":")
    if kind == KIND and int(index or 0) < len(accelerators):
        free = min(free, int(MEMORY_SHARE * (accelerators[int(index or 0)].memory_bytes or free)))
    return free // PRODUCT_COPIES

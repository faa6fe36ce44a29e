"""Select the targets that backends declare, the machine has and the user wants.

This module imports no framework and starts nothing.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from dlbench import registry, units
from dlbench.errors import unknown
from dlbench.machine import environment
from dlbench.machine.accelerators import accelerators
from dlbench.machine.gpu import fitness
from dlbench.machine.gpu.devices import devices, named
from dlbench.machine.grants import granted
from dlbench.plan import wishes
from dlbench.records.case import Declaration, Target
from dlbench.records.run import CoreLimit
from dlbench.syntax import choices, integers, words

MODE_KINDS = ("dynamic", "static")

CPU = "cpu"

# Words for several devices: all that the machine has, and the first that is not the CPU.
ALL, GPU = "all", "gpu"

# Kinds of devices that NVIDIA's driver does not list: a framework is asked for them.
BY_FRAMEWORK = ("rocm", "mps", "xpu")

NO_GPU = "no CUDA GPU found (the driver lists none)"


def unseen(kind: str) -> int:  # noqa: ARG001
    """Return 0: no framework was asked."""
    return 0


@dataclass(frozen=True)
class Machine:
    """The properties of the machine that planning needs.

    installed: the installed backends; cores: those that threads can use at a time; core_limit: why
    these are not all; gpus: the number of NVIDIA GPUs that programs see; hidden: what hides others;
    refused: why some are not measured on, by device; seen: returns how many devices of another kind
    the frameworks see; unavailable_reason: returns why a data set must be replaced by synthetic
    data, or None; device_memory: the free bytes of each GPU, None if unknown.
    """

    declarations: Mapping[str, Declaration]
    installed: frozenset[str]
    cores: int
    memory_bytes: int
    gpus: int
    unavailable_reason: Callable[[str], str | None]
    core_limit: CoreLimit | None = None
    device_memory: tuple[int | None, ...] = ()
    hidden: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    seen: Callable[[str], int] = unseen


class _Wanted(NamedTuple):
    """The checked values of each axis. axes: of all but the threads."""

    axes: Mapping[str, Sequence[str]]
    threads: Sequence[int]


def targets_for(asked: Mapping[str, Sequence[str]], machine: Machine) -> list[tuple[Target, str]]:
    """Return the targets that backends declare and the user wants, with their mode kinds."""
    declared, (wanted, threads) = machine.declarations, _wanted(asked, machine)
    targets: list[tuple[Target, str]] = [
        (Target(backend, device, mode, dtype, count), kind)
        for backend in wanted["backend"]
        for device in wanted["device"]
        for mode, kind in declared[backend].modes.items()
        if wishes.is_wanted(mode, kind, wanted["mode"], declared[backend])
        if wishes.is_on(device, mode, declared[backend])
        for dtype in wanted["dtype"]
        if dtype in declared[backend].devices.get(device.partition(":")[0], ())
        for count in _counts(device, threads, machine)
    ]
    if not targets:
        is_gpu_missing = _is_gpu_missing(asked, machine)
        raise wishes.nothing_fits(wanted, declared, is_gpu_missing=is_gpu_missing)
    return targets


def _counts(device: str, threads: Sequence[int], machine: Machine) -> Sequence[int]:
    """Return the numbers of threads to measure; of a GPU one, as the host only tells it its work.

    The most that the machine has cores for.
    """
    if device == CPU:
        return threads
    fitting = [count for count in threads if count <= machine.cores]
    return [max(fitting or threads)]


def without_target(
    asked: Mapping[str, Sequence[str]], machine: Machine, axes: Collection[str]
) -> list[str]:
    """Return why values that are asked for, beside others, have no target; a reason for each.

    axes: those to look at. Raises UsageError where nothing has a target (`targets_for`).
    """
    return wishes.unmet(
        named_values(asked, machine, axes),
        [target for target, _ in targets_for(asked, machine)],
        _wanted(asked, machine).axes,
        machine.declarations,
        is_gpu_missing=_is_gpu_missing(asked, machine),
    )


def named_values(
    asked: Mapping[str, Sequence[str]], machine: Machine, axes: Collection[str]
) -> dict[str, Sequence[str]]:
    """Return the checked values of these axes, as targets spell them; without the threads."""
    wanted = _wanted(asked, machine).axes
    return {axis: values for axis, values in wanted.items() if axis in axes}


def _wanted(asked: Mapping[str, Sequence[str]], machine: Machine) -> _Wanted:
    """Check the values of all axes; those that are not asked for are the machine's."""
    declared = machine.declarations
    modes = list(dict.fromkeys(mode for d in declared.values() for mode in d.modes))
    other_names = {alias: name for name, d in declared.items() for alias in d.aliases}
    plain = [mode for d in declared.values() for mode in d.modes if mode not in d.on_request]
    written = words(asked.get("device", _devices(machine)))
    meant = [one for word in written for one in _meant(word, machine)]
    axes = {
        "backend": choices(
            "backend", asked.get("backend", list(declared)), list(declared), other_names
        ),
        "mode": choices("mode", asked.get("mode", plain), [*modes, *MODE_KINDS, wishes.DEFAULT]),
        "dtype": choices("dtype", asked.get("dtype", ["float32"]), _dtypes(declared)),
        "device": list(dict.fromkeys(_device(name, declared) for name in meant)),
    }
    return _Wanted(axes, integers("--threads", asked.get("threads", [str(machine.cores)])))


def _is_gpu_missing(asked: Collection[str], machine: Machine) -> bool:
    return "device" not in asked and not machine.gpus


def _dtypes(declared: Mapping[str, Declaration]) -> list[str]:
    every = (dtype for d in declared.values() for dtypes in d.devices.values() for dtype in dtypes)
    return list(dict.fromkeys(every))


def _devices(machine: Machine) -> list[str]:
    return ["cpu", "cuda"] if machine.gpus else ["cpu"]


def _meant(word: str, machine: Machine) -> list[str]:
    """Return the devices that a word stands for; another word stands for itself."""
    if word == ALL:
        return ["cpu", *accelerators_of(machine)]
    return [first_accelerator(machine)] if word == GPU else [word]


def first_accelerator(machine: Machine) -> str:
    """Return the first device that is not the CPU; `cuda` if there is none."""
    return next(accelerators_of(machine), "cuda")


def accelerators_of(machine: Machine) -> Iterator[str]:
    """Yield the devices that are not the CPU; frameworks are asked only if someone goes on."""
    yield from map(named, range(machine.gpus))
    declared = {kind for one in machine.declarations.values() for kind in one.devices}
    for kind in (kind for kind in BY_FRAMEWORK if kind in declared):
        yield from (named(index, kind) for index in range(machine.seen(kind)))


def _device(name: str, declared: Mapping[str, Declaration]) -> str:
    """Return `cpu`, or the kind of an accelerator with `:index`; the first has no index."""
    kinds = list(dict.fromkeys(kind for d in declared.values() for kind in d.devices))
    kind, colon, index = name.partition(":")
    if kind not in kinds or (colon and (kind == "cpu" or not index.isdecimal())):
        allowed = ", ".join(kind if kind == "cpu" else f"{kind}, {kind}:<index>" for kind in kinds)
        raise unknown("device", name, [ALL, GPU, *kinds], allowed=f"{ALL}, {GPU}, {allowed}")
    return f"{kind}:{int(index)}" if index and int(index) else kind


def reason_to_skip(target: Target, machine: Machine) -> str | None:
    """Return why the target is not available on this machine; None if it is."""
    if target.threads > machine.cores:
        most = units.counted(machine.cores, "usable core")
        why = f" ({machine.core_limit})" if machine.core_limit else ""
        return f"--threads {target.threads}: this machine has {most}{why}"
    declared = machine.declarations[target.backend]
    wanted = set(filter(None, target.callbacks.split("+")))
    if unknown := sorted(wanted - set(declared.callbacks)):
        return f"{target.backend} has no {' and no '.join(unknown)} of its own"
    if missing := _missing(target.device, machine):
        return missing
    if target.backend not in machine.installed:
        install = declared.install
        return f"{target.backend} is not installed; to add it: {install}"
    return None


def _missing(device: str, machine: Machine) -> str | None:
    """Return why nothing can be measured on a device; None if it can."""
    kind, _, number = device.partition(":")
    index = int(number or 0)
    if kind in BY_FRAMEWORK:
        count = machine.seen(kind)
        sees = f"there is no device {device}: the frameworks see {count or 'none'} of its kind"
        return f"{sees}; dlbench list backends says which could" if index >= count else None
    if kind == "cpu":
        return None
    if index >= machine.gpus:
        if not machine.gpus and not machine.hidden:
            return NO_GPU
        listed = f"the driver lists {units.counted(machine.gpus, 'GPU')}"
        return f"there is no device {device}: {machine.hidden or listed}"
    return machine.refused.get(device)


def read_declarations() -> dict[str, Declaration]:
    """Return the declarations of all backends; no framework is imported."""
    return {
        name: registry.declaration("backends", name, Declaration)
        for name in registry.names("backends")
    }


def unavailable_reason(dataset: str) -> str | None:
    """Find or download a data set; return None, or why it is not available."""
    reason: str | None = registry.load("datasets", dataset).unavailable_reason()
    return reason


def this_machine(
    declarations: Mapping[str, Declaration], seen: Callable[[str], int] = unseen
) -> Machine:
    """Return the properties of this machine. seen: see Machine."""
    grant, cards = granted(), devices()
    return Machine(
        declarations=declarations,
        installed=frozenset(name for name, d in declarations.items() if find_spec(d.package)),
        cores=grant.cores,
        core_limit=grant.limit,
        memory_bytes=environment.available_memory(),
        gpus=len(environment.gpus()),
        hidden=fitness.hidden(cards, os.environ),
        refused=fitness.refusals(cards, os.environ),
        seen=cache(seen),
        unavailable_reason=cache(unavailable_reason),
        device_memory=tuple(one.free_bytes for one in accelerators()),
    )

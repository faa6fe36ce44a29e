"""GPUs: which are there, which of them each framework sees, and if none, why."""

from collections.abc import Iterator
from pathlib import Path

from dlbench import units
from dlbench.checks.base import Facts, LeftOut, Outcome, text
from dlbench.machine.cards import Driver
from dlbench.records.framework import FrameworkFacts
from dlbench.records.machine.checkup import State

SUBJECT = "gpu"

# PCI: the first byte of a class is 03 for display controllers; the makers of those that compute.
# pci-ids.ucw.cz
DISPLAY = 0x03
NVIDIA, AMD = 0x10DE, 0x1002

# Hides GPUs from CUDA's programs: docs.nvidia.com/cuda/cuda-c-programming-guide.
VISIBLE = "CUDA_VISIBLE_DEVICES"

# Of all that was written for such cards, nothing has run on one.
ROCM = "dlbench run --device rocm, with frameworks built for ROCm; it has never run on such a GPU"

REPAIR = "repair NVIDIA's driver, then restart; `nvidia-smi` must list the card"
INSTALL = "to measure on a GPU: install its driver, or start the container with it (--gpus all)"


def check(facts: Facts) -> Outcome | LeftOut:
    """Compare the driver's list with what the frameworks see."""
    return _of_frameworks(facts) if facts.cards else _without_cards(facts)


def _without_cards(facts: Facts) -> Outcome | LeftOut:
    makers = None if not (facts.sys / "bus/pci/devices").is_dir() else set(_makers(facts.sys))
    is_there = bool(makers and NVIDIA in makers)
    if isinstance(facts.driver, Driver):
        if is_there:
            seen = "an NVIDIA GPU that its driver does not list"
            return Outcome("bad", seen, "no framework can use it", REPAIR)
    elif facts.driver.is_installed:
        seen = f"NVIDIA's driver does not work: {facts.driver.reason}"
        return Outcome("bad", seen, "no framework can use a GPU", REPAIR)
    elif is_there:
        seen = "an NVIDIA GPU without NVIDIA's driver"
        return Outcome("notice", seen, "only the CPU is measured", INSTALL)
    if makers is None:
        seen = "no driver, and the system does not list its cards"
        return Outcome("unknown", seen, "only the CPU is measured", INSTALL)
    if AMD in makers:
        meaning = "it is measured only if it is asked for"
        return Outcome("notice", "an AMD GPU", meaning, ROCM)
    return LeftOut("there is no GPU")


def _makers(sys: Path) -> Iterator[int]:
    """Yield the makers of the display controllers."""
    for folder in (sys / "bus/pci/devices").iterdir():
        kind, maker = text(folder / "class"), text(folder / "vendor")
        if kind and maker and int(kind, 16) >> 16 == DISPLAY:
            yield int(maker, 16)


def _of_frameworks(facts: Facts) -> Outcome:
    cards = units.counted(len(facts.cards), "GPU")
    seen = [f"{cards} ({facts.cards[0].name})"]
    blind = {}
    for name in facts.with_gpu:
        found = facts.frameworks.get(name, "was not asked")
        count = len(found.gpus) if isinstance(found, FrameworkFacts) else 0
        seen.append(f"{name} sees {count or 'none'}")
        if not count:
            blind[name] = _why(found, facts)
    hidden = [
        name
        for name, one in facts.known.items()
        if name in facts.with_gpu and name not in blind and len(one.gpus) < len(facts.cards)
    ]
    line = ", ".join(seen)
    if not facts.with_gpu:
        advice = "dlbench list backends says how to install one"
        return Outcome("notice", line, "no framework for it is installed", advice)
    if blind:
        state: State = "bad" if len(blind) == len(facts.with_gpu) else "notice"
        why = "; ".join(f"{name}: {reason}" for name, reason in blind.items())
        return Outcome(state, line, f"cases on the GPU are skipped; {why}", _remedy(blind, facts))
    if hidden:
        meaning = f"{VISIBLE} or the framework hides some from {', '.join(hidden)}"
        return Outcome("notice", line, meaning, f"unset {VISIBLE} to measure on all")
    return Outcome("good", line)


def _why(found: FrameworkFacts | str, facts: Facts) -> str:
    if isinstance(found, str):
        return found
    if not (found.cuda or found.rocm):
        return "its build is for the CPU alone"
    if _hides_all(facts):
        return f"{VISIBLE}={facts.variables[VISIBLE]!r} hides it"
    return found.gpu_error or f"built for CUDA {found.cuda}, it finds none and does not say why"


def _remedy(blind: dict[str, str], facts: Facts) -> str:
    if _hides_all(facts):
        return f"unset {VISIBLE}"
    return f"dlbench run matmul --backend {next(iter(blind))} --device cuda says what to install"


def _hides_all(facts: Facts) -> bool:
    """Return whether the variable begins with no card of this machine: CUDA reads no further."""
    first = facts.variables.get(VISIBLE, "0").partition(",")[0].strip()
    try:
        return not first or not 0 <= int(first) < len(facts.cards)
    except ValueError:  # a UUID
        return False

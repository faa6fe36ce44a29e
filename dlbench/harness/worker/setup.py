"""Start a backend for a target, and check its threads, devices and dtypes; or only ask it."""

import os
from collections.abc import Mapping
from typing import Any

from dlbench import registry
from dlbench.backends.base import Backend, Setting
from dlbench.errors import PlacementError, Unavailable
from dlbench.machine.gpu.variables import CARD, digits
from dlbench.records.base import DTYPES
from dlbench.records.case import Declaration, Target
from dlbench.records.framework import FrameworkFacts

# The file of a backend that asks its framework.
PROBE = "probe"

# The fact of a device that holds the UUID of its card.
CARD_FACT = "card_uuid"


def start(target: Target, scratch: str) -> Backend:
    """Import the framework and start its backend; PlacementError if it uses other threads."""
    setting = Setting(target.device, target.mode, target.dtype, target.threads, scratch)
    backend: Backend = registry.load("backends", target.backend).start(setting)
    assert_threads(backend, target)
    return backend


def start_here(target: Target, scratch: str) -> Backend:
    """Start a backend in any process: set the declared environment variables first."""
    declared = registry.declaration("backends", target.backend, Declaration)
    os.environ |= declared.variables(target.threads, scratch)
    return start(target, scratch)


def probe(backend: str) -> FrameworkFacts:
    """Import the framework and return what it says of itself; Unavailable if nobody can ask it."""
    if not registry.has_part("backends", backend, PROBE):
        raise Unavailable(f"backend {backend} has no {PROBE}.py that asks its framework")
    facts: FrameworkFacts = registry.load("backends", backend, PROBE).facts()
    return facts


def assert_threads(backend: Backend, target: Target) -> None:
    """Raise PlacementError unless the backend uses as many threads as the target says."""
    threads = backend.device.threads()
    if threads not in (None, target.threads):
        raise PlacementError(f"{target.backend} uses {threads} threads instead of {target.threads}")


def assert_placed(backend: Backend, target: Target, tensors: Mapping[str, Any]) -> None:
    """Raise PlacementError unless every tensor is on the target's device, in its dtype."""
    device = target.device if target.device == "cpu" else _with_number(target.device)
    storage, also = DTYPES[target.dtype].storage, DTYPES[target.dtype].also
    for name, tensor in tensors.items():
        place, dtype = backend.device.place(tensor)
        is_label = dtype.startswith("int")
        if place != device or (dtype not in {storage, also} and not is_label):
            raise PlacementError(f"{name} is {dtype} on {place} instead of {storage} on {device}")


def _with_number(device: str) -> str:
    """Return the name of an accelerator as frameworks write it: the first has a number, too."""
    return device if ":" in device else f"{device}:0"


def assert_card(backend: Backend, card: str) -> None:
    """Raise PlacementError if the framework says that it uses another card than this UUID.

    Some frameworks do not tell it, and of a MIG instance some tell the UUID of the whole card.
    """
    told = backend.device.facts().get(CARD_FACT)
    if card.startswith(CARD) and told and digits(str(told)) != digits(card):
        raise PlacementError(f"the framework uses card {told} instead of {card}")

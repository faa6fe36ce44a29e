"""Which card a device such as `cuda:1` is: found once, and kept by its UUID.

From then on it is the same card, whatever becomes of the numbers.
"""

import os
from collections.abc import Callable
from functools import cache

from dlbench.machine.gpu import nvml
from dlbench.machine.gpu.cuda import ORDER
from dlbench.machine.gpu.devices import devices
from dlbench.machine.gpu.variables import VISIBLE

CPU = "cpu"


def card_of(device: str) -> str:
    """Return the UUID of the card of a device; empty for the CPU, and where none is known."""
    return "" if device == CPU else _found(*map(os.environ.get, (VISIBLE, ORDER))).get(device, "")


@cache
def _found(*variables: str | None) -> dict[str, str]:  # noqa: ARG001 - what it depends on
    return {one.device: one.uuid for one in devices() if one.device}


def loss_of(device: str) -> str:
    """Return that the card of a device is lost; empty if it is not, or if nobody knows."""
    uuid = card_of(device)
    is_lost = bool(uuid) and nvml.lost(uuid)
    return f"{device} was lost: its driver does not find card {uuid} any more" if is_lost else ""


def environment_of(device: str, uuid: str) -> dict[str, str]:
    """Return the variables with which a worker sees its card alone, and a worker of the CPU none.

    uuid: of the card, empty if it is not known: then the worker sees what the user sees.
    """
    if device == CPU:
        return {VISIBLE: ""}
    return {VISIBLE: uuid} if uuid else {}


class Losses:
    """The cards that were lost in a run. told: that they were, by device."""

    def __init__(self, loss_of: Callable[[str], str] = loss_of) -> None:
        self.loss_of = loss_of
        self.told: dict[str, str] = {}

    def notice(self, device: str) -> str:
        """Return that the card of a device is lost, after a failure on it; empty if it is not.

        It is asked in the supervisor: the worker may be silent, or dead.
        """
        if device not in self.told and (why := self.loss_of(device)):
            self.told[device] = why
        return self.told.get(device, "")

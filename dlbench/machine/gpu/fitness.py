"""Cards on which nothing can be measured, and why; cards that are hidden."""

from collections.abc import Collection, Mapping
from pathlib import Path

from dlbench import units
from dlbench.machine.gpu.variables import VISIBLE
from dlbench.records.machine.device import Device

# The compute mode in which several processes may use a card at a time.
SHARED = "default"

# Where NVIDIA's Multi-Process Service listens: docs.nvidia.com/deploy/mps, environment variables.
PIPES, DEFAULT_PIPES = "CUDA_MPS_PIPE_DIRECTORY", "/tmp/nvidia-mps"  # noqa: S108 - its default
CONTROL = "control"


def refusals(cards: Collection[Device], variables: Mapping[str, str]) -> dict[str, str]:
    """Return why cards are not measured on, by their names, with what to do."""
    return {one.device: why for one in cards if one.device and (why := _refusal(one, variables))}


def _refusal(card: Device, variables: Mapping[str, str]) -> str:
    if card.compute_mode not in {SHARED, None}:
        return (
            f"{card.device} ({card.name}) is in compute mode {card.compute_mode!r}, in which the "
            "processes that are compared cannot hold it together; to change it: "
            "sudo nvidia-smi --compute-mode DEFAULT"
        )
    pipes = Path(variables.get(PIPES) or DEFAULT_PIPES)
    if (pipes / CONTROL).exists():
        return (
            f"{card.device}: NVIDIA's Multi-Process Service runs ({pipes}), where all programs "
            "share one server, and one that is stopped may hold up the others; to end it: "
            f"echo quit | nvidia-cuda-mps-control, or point {PIPES} to an empty folder"
        )
    return ""


def hidden(cards: Collection[Device], variables: Mapping[str, str]) -> str:
    """Return what hides cards of the driver, and what to do; empty if none is hidden."""
    count = sum(not one.device for one in cards)
    if not count:
        return ""
    listed = units.counted(len(cards), "GPU")
    value = variables.get(VISIBLE, "")
    return (
        f"{VISIBLE}={value!r} hides {count} of {listed} that the driver lists; "
        f"unset it, or name a card: {', '.join(one.uuid for one in cards)}"
    )

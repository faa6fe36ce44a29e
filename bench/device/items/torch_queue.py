"""The device time by spin and events against the profiler's sum of kernels; who sets the time."""

from card import Card
from verdict import Facts, Verdict, of

from dlbench import units
from dlbench.backends.base import Backend, Step
from dlbench.harness.worker import timing
from dlbench.harness.worker.queued import device_time
from dlbench.stats.issue import limit

NUMBER, SECONDS = 3, 20
CHECKS = "PyTorch's device time"

SIZES, KINDS = (256, 1024, 4096), ("forward", "train_step")

# How far the device time may lie from the kernels' sum; short kernels have gaps between them.
NEAR, NEAR_SHORT, SHORT_S = 0.03, 0.05, 20e-6

# What sets the time of these is known of any card of a data centre.
BOUNDS = {"matmul 256": "launch", "matmul 4096": "device"}


def look(card: Card) -> Facts:
    """Time products and steps of a network in the queue, and their kernels."""
    backend = card.started("torch")
    steps = {f"matmul {size}": card.product(backend, size) for size in SIZES}
    steps |= {f"{kind} mnist-512": card.network(backend, kind) for kind in KINDS}
    return {name: _found(card, backend, step) for name, step in steps.items()}


def _found(card: Card, backend: Backend, step: Step) -> Facts:
    queue, wait = backend.device.queue(), backend.device.wait
    assert queue is not None, "PyTorch does not compute on the card"
    queued = device_time(card.work(backend, step), queue)
    blocks = [card.block(backend, step) for _ in range(5)]
    return {
        "queued_s": queued.seconds,
        "steps": queued.steps,
        "reason": queued.reason,
        "kernels_s": card.kernels_s(backend, step),
        "bound": limit(blocks, timing.empty_s(wait)),
        "step_s": min(block.step_s for block in blocks),
    }


def judge(facts: Facts) -> Verdict:
    """Device times must be those of the kernels, and bounds what is known."""
    faults = [fault for name, one in facts.items() for fault in _faults(name, one)]
    shares = ", ".join(
        f"{name} {units.duration(one['queued_s'])} of {units.duration(one['step_s'])}"
        for name, one in facts.items()
        if one["queued_s"]
    )
    return of(faults, shares)


def _faults(name: str, one: Facts) -> list[str]:
    faults = []
    if one["queued_s"] is None:
        faults.append(f"{name}: {one['reason']}")
    elif one["kernels_s"]:
        off = one["queued_s"] / one["kernels_s"] - 1
        if abs(off) > (NEAR if one["kernels_s"] >= SHORT_S else NEAR_SHORT):
            faults.append(f"{name}: {100 * off:+.1f} % against its kernels")
    if one["bound"] != BOUNDS.get(name, one["bound"]):
        faults.append(f"{name} is bound by {one['bound']}, not by {BOUNDS[name]}")
    return faults

"""The device time by two lengths against a loop that the device sets the time of."""

from card import Card
from verdict import Facts, Verdict, of

from dlbench.backends.base import Backend, Step
from dlbench.harness.worker import timing
from dlbench.harness.worker.queued import device_time
from dlbench.stats.issue import left_s, limit

NUMBER, SECONDS = 4, 20
CHECKS = "JAX's device time"

SIZES = (256, 1024, 4096)

# How far the device time may lie from the slope of a loop that the device sets the time of.
NEAR = 0.05


def look(card: Card) -> Facts:
    """Time products in the queue, and loops of n and 2n."""
    backend = card.started("jax", "jit")
    steps = {f"matmul {size}": card.product(backend, size) for size in SIZES}
    steps["forward mnist-512"] = card.network(backend, "forward")
    return {name: _found(card, backend, step) for name, step in steps.items()}


def _found(card: Card, backend: Backend, step: Step) -> Facts:
    queue = backend.device.queue()
    assert queue is not None, "JAX does not compute on the card"
    queued = device_time(card.work(backend, step), queue)
    sync_s = timing.empty_s(backend.device.wait)
    short, long = (card.block(backend, step, steps) for steps in (64, 128))
    bound = limit([short, long], sync_s)
    return {
        "queued_s": queued.seconds,
        "reason": queued.reason,
        "loop_s": (long.host_s - short.host_s) / 64 if bound == "device" else None,
        "bound": bound,
        "left": (left_s(long, sync_s) or 0.0) / long.step_s,
        "step_s": long.step_s,
    }


def judge(facts: Facts) -> Verdict:
    """Where the device sets the time of a loop, both must agree; the largest must be such."""
    faults = []
    for name, one in facts.items():
        if one["loop_s"] and one["queued_s"] is None:
            faults.append(f"{name}: {one['reason']}")
        elif one["loop_s"] and abs(one["queued_s"] / one["loop_s"] - 1) > NEAR:
            off = 100 * (one["queued_s"] / one["loop_s"] - 1)
            faults.append(f"{name}: {off:+.1f} % against a loop")
    if facts["matmul 4096"]["bound"] != "device":
        faults.append(f"matmul 4096 is bound by {facts['matmul 4096']['bound']}")
    room = max(one["left"] for one in facts.values())
    agree = sum(one["loop_s"] is not None for one in facts.values())
    return of(faults, f"{agree} agree with a loop; up to {room:.0f} steps were left in the queue")

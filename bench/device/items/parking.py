"""Whether a program that was stopped with work in the queue disturbs the next one."""

from statistics import median

from card import Card
from verdict import Facts, Verdict, of

from dlbench.harness.worker import timing

NUMBER, SECONDS = 7, 20
CHECKS = "parking"

QUEUED_S, BLOCKS, CYCLES = 0.2, 20, 2_000_000

# Queues work, says so, and would go on; or has waited for its work.
LEAVES = """
import torch, time
torch.cuda._sleep(1); torch.cuda.synchronize()
torch.cuda._sleep({cycles}){wait}
print(flush=True)
time.sleep(60)
"""
WAIT = "; torch.cuda.synchronize()"

# A spin beside another's work takes longer, by a share that shows; alone it does not.
SEEN, SAME = 1.05, 0.02


def look(card: Card) -> Facts:
    """Time spins alone, after a program that waited, and after one that did not."""
    device = card.started("torch").device
    spinner = device.queue()
    assert hasattr(spinner, "spin"), "PyTorch does not compute on the card"

    def spin_s() -> float:
        return timing.block(lambda: spinner.spin(CYCLES), device.wait, 1).host_s

    alone_s = median(spin_s() for _ in range(BLOCKS))
    cycles = round(QUEUED_S * CYCLES / alone_s)
    found = {}
    for name, wait in (("waited_s", WAIT), ("left_s", "")):
        with card.beside(LEAVES.format(cycles=cycles, wait=wait)) as process:
            card.stop(process)
            found[name] = max(spin_s() for _ in range(3))
    return {"alone_s": alone_s, **found}


def judge(facts: Facts) -> Verdict:
    """Work that was left must show, and a program that waited must not."""
    left, waited = (facts[name] / facts["alone_s"] for name in ("left_s", "waited_s"))
    faults = [] if left > SEEN else [f"work left behind does not show: {left:.3f}"]
    if abs(waited - 1) > SAME:
        faults.append(f"after a program that waited, a spin takes {waited:.3f} times as long")
    return of(faults, f"beside work left behind {left:.2f} times as long, else {waited:.3f}")

"""What a block costs beside its steps, with and without events; the clock after idling."""

from collections.abc import Callable
from statistics import median

from card import Card
from verdict import Facts, Verdict, of

from dlbench.backends.base import Device, Spinner
from dlbench.harness.worker import timing
from dlbench.stats.issue import WAKING_S

NUMBER, SECONDS = 2, 12
CHECKS = "empty block, clock after idling"

IDLE_S = (0.0, 0.02, 0.1, 0.5, 2.0)

# A spin of so many cycles tells the clock: some 100 µs.
CYCLES = 200_000

# Spins before the clock counts, as a lead-in has them; and the share within which it must lie.
LEAD_IN, NEAR = 50, 0.01


def look(card: Card) -> Facts:
    """Time empty blocks of both frameworks, and spins."""
    torch = card.started("torch").device
    spinner = torch.queue()
    if not hasattr(spinner, "spin"):
        return {"null": "PyTorch does not compute on the card"}
    jax = card.started("jax").device
    return {
        "sync_s": timing.empty_s(torch.wait),
        "jax_sync_s": timing.empty_s(jax.wait),
        "with_events_s": _with_events(torch, spinner),
        "busy_sync_s": _busy_sync_s(torch, spinner),
        "cycles_per_s": {
            str(idle_s): _cycles_per_s(card, torch, spinner, idle_s) for idle_s in IDLE_S
        },
    }


def _with_events(device: Device, spinner: Spinner) -> float:
    """A block with an event at each edge, as blocks once had."""

    def both() -> None:
        spinner.mark()
        spinner.mark()

    return _median_s(both, device)


def _busy_sync_s(device: Device, spinner: Spinner) -> float:
    """How much longer than a spin a block with it takes: what waking up after work costs."""

    def spun() -> None:
        spinner.spin(CYCLES)

    start = spinner.mark()
    spun()
    end = spinner.mark()
    device.wait()
    return _median_s(spun, device) - spinner.seconds(start, end)


def _median_s(run: Callable[[], None], device: Device) -> float:
    return median(timing.block(run, device.wait, 1).host_s for _ in range(timing.EMPTY_BLOCKS))


def _cycles_per_s(card: Card, device: Device, spinner: Spinner, idle_s: float) -> dict[str, float]:
    """The clock right after idling, and after a lead-in."""
    card.sleep(idle_s)
    found = []
    for _ in range(LEAD_IN):
        start = spinner.mark()
        spinner.spin(CYCLES)
        end = spinner.mark()
        device.wait()
        found.append(CYCLES / max(spinner.seconds(start, end), 1e-9))
    return {"first": found[0], "last": median(found[-5:])}


def judge(facts: Facts) -> Verdict:
    """The clock must be the same after every lead-in, and waking up within what is assumed."""
    clocks = {idle: one["last"] for idle, one in facts["cycles_per_s"].items()}
    best = max(clocks.values())
    slow = [idle for idle, clock in clocks.items() if clock < (1 - NEAR) * best]
    faults = [f"clock below its best after {', '.join(slow)} s of idling"] if slow else []
    if facts["busy_sync_s"] > WAKING_S:
        faults.append(f"waking up takes {1e6 * facts['busy_sync_s']:.0f} µs, more than assumed")
    times = ", ".join(
        f"{name} {1e6 * facts[key]:.0f} µs"
        for name, key in (
            ("sync", "sync_s"),
            ("JAX", "jax_sync_s"),
            ("with events", "with_events_s"),
            ("after work", "busy_sync_s"),
        )
    )
    return of(faults, f"{times}; {best / 1e9:.2f} GHz after every lead-in")

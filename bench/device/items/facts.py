"""What the driver says of the card, and how long each question takes."""

import os
import time
from typing import Any

from card import Card
from verdict import Facts, Verdict, not_reached, reached

from dlbench.machine import cards

NUMBER, SECONDS = 1, 5
CHECKS = "facts of the card"

# Between blocks there is time for a question that takes so long; others are asked once a row.
SLOW_S = 1e-3

# Variables that decide what frameworks see of a card, or how they compute.
PREFIXES = ("CUDA_", "NVIDIA_", "XLA_", "TORCH_", "TF_", "JAX_", "CUBLAS_")


class Timed:
    """NVIDIA's module, whose functions are timed."""

    def __init__(self, nvml: Any) -> None:
        self.nvml, self.calls_s = nvml, dict[str, float]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.nvml, name)
        return self._timed(name, found) if callable(found) else found

    def _timed(self, name: str, function: Any) -> Any:
        def call(*args: Any) -> Any:
            began = time.perf_counter()
            try:
                return function(*args)
            finally:
                self.calls_s[name] = time.perf_counter() - began

        return call


def look(card: Card) -> Facts:  # noqa: ARG001 - the driver knows it
    """Ask the driver."""
    import pynvml

    nvml = Timed(pynvml)
    found = cards.read(nvml)
    if isinstance(found, cards.NoDriver):
        return {"null": f"no driver answers: {found.reason}"}
    return {
        "driver": found.version,
        "cuda": found.cuda,
        "cards": [one._asdict() for one in found.cards],
        "calls_s": nvml.calls_s,
        "variables": {name: os.environ[name] for name in os.environ if name.startswith(PREFIXES)},
    }


def judge(facts: Facts) -> Verdict:
    """There must be a card; slow questions are named."""
    if not facts["cards"]:
        return not_reached("the driver lists no card")
    slow = [name for name, seconds in facts["calls_s"].items() if seconds > SLOW_S]
    named = ", ".join(one["name"] for one in facts["cards"])
    took = f"slower than a millisecond: {', '.join(slow) or 'no question'}"
    return reached(f"{named}, driver {facts['driver']}; {took}")

"""BLAS: what computes matrix products on the CPU in each framework."""

from dlbench.checks.base import Facts, Outcome, worst
from dlbench.records.framework import FrameworkFacts
from dlbench.records.machine.checkup import State

SUBJECT = "frameworks"


def check(facts: Facts) -> Outcome:
    """Judge the library of every installed framework."""
    told = {name: _judged(one) for name, one in facts.frameworks.items()}
    seen = "; ".join(f"{name}: {what}" for name, (_, what) in told.items())
    state = worst(*(state for state, _ in told.values())) if told else "unknown"
    if state == "good":
        return Outcome("good", seen)
    if state == "bad":
        slow = [name for name, (one, _) in told.items() if one == "bad"]
        meaning = f"products of {', '.join(slow)} may be many times slower than this CPU can do"
        return Outcome("bad", seen, meaning, "install its package from PyPI or conda-forge")
    meaning = "how fast products can be is not known"
    return Outcome(
        "unknown", seen or "no framework was asked", meaning, "compare: dlbench run matmul"
    )


def _judged(found: FrameworkFacts | str) -> tuple[State, str]:
    if isinstance(found, str):
        return "unknown", found
    if not found.is_optimised:
        return "bad", found.products or "none that is made for speed"
    return ("good", found.products) if found.products else ("unknown", "does not tell")

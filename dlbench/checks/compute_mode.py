"""Compute mode: whether several processes may use a GPU at a time.

docs.nvidia.com/deploy/nvml-api: nvmlComputeMode_t.
"""

from dlbench.checks.base import NO_GPU, Facts, LeftOut, Outcome

SUBJECT = "gpu"

SHARED = "default"

MEANING = (
    "one process at most may use the GPU, and the workers of a row hold it together: cases fail"
)


def check(facts: Facts) -> Outcome | LeftOut:
    """Look for cards that let no second process in."""
    if not facts.cards:
        return LeftOut(NO_GPU)
    modes = [card.mode for card in facts.cards]
    seen = ", ".join(f"GPU {index}: {mode or 'not told'}" for index, mode in enumerate(modes))
    if any(mode not in {SHARED, None} for mode in modes):
        return Outcome("bad", seen, MEANING, "sudo nvidia-smi --compute-mode DEFAULT")
    if None in modes:
        advice = "`nvidia-smi -q -d COMPUTE` shows it"
        return Outcome("unknown", seen, "a second process may not get the GPU", advice)
    return Outcome("good", seen)

"""When a case has been measured enough; one rule, told by name in every measurement."""

from collections.abc import Sequence

from dlbench.model import Sample, Sampling, StopReason


def reason_to_stop(
    samples: Sequence[Sample], sampling: Sampling, seconds_left: float
) -> StopReason | None:
    """Why no further block is needed, or None. seconds_left: of the case's share."""
    if len(samples) >= sampling.blocks:
        return "blocks"
    if seconds_left <= 0:
        return "budget"
    return None

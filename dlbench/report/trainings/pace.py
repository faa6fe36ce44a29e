"""The pace of trainings in sentences: what disturbed their epochs, their spread and their trend."""

from math import floor, log10

from dlbench import units
from dlbench.analysis.pairing.pairs import THROTTLED_SHARE
from dlbench.records.run import Environment
from dlbench.report.machine.cores import limit_of, remedy
from dlbench.trainings.pace import Pace, Trend

# A smaller share of disturbed epochs, which are left out, is no reason to train again.
MANY_SHARE = 0.1


def warnings(name: str, found: Pace, threads: int, environment: Environment) -> list[str]:
    """Return what must not be overlooked of a target's times, in whole sentences."""
    every = found.epochs + found.left_out
    lines = []
    if found.busy or found.disturbed > MANY_SHARE * every:
        during = f"{found.disturbed} of {units.counted(every, 'epoch')}"
        so = "so its times are too long" if found.busy else "which its time per epoch leaves out"
        lines.append(
            f"other programs used the CPU during {during} of {name}, {so}. "
            f"{_against_others(found.free_cores, threads)}"
        )
    if found.throttled > THROTTLED_SHARE * every:
        lines.append(
            f"the container's CPU limit{limit_of(environment)} stopped {name} in "
            f"{found.throttled} of {units.counted(every, 'epoch')}. To train without stops, "
            f"{remedy(environment, threads)}"
        )
    return lines


def _against_others(free_cores: float | None, threads: int) -> str:
    """Say what to do: fewer threads, if they were more than the cores that were left."""
    if free_cores is None or threads <= max(1.0, free_cores):
        return "Close other programs and train again"
    fewer = max(1, floor(free_cores))
    free = "less than one core was free" if free_cores < 1 else f"{free_cores:.1f} cores were free"
    return (
        f"Use --threads {fewer} ({units.counted(threads, 'thread')}, and {free}), "
        "or close other programs and train again"
    )


def sentence(name: str, found: Pace) -> str | None:
    """Describe the spread of the epochs' times and their trend; None for a single epoch."""
    if found.epochs == 1 and not found.left_out:
        return None
    parts = [_spread(found), _left_out(found), _trend(found.trend)]
    return f"Epochs of {name}: {'; '.join(filter(None, parts))}"


def _spread(found: Pace) -> str:
    shortest, longest = units.duration(found.shortest_s), units.duration(found.longest_s)
    if found.quartile_1 is None or found.quartile_3 is None:
        return f"{shortest} to {longest}"
    middle = f"{units.duration(found.quartile_1)} to {units.duration(found.quartile_3)}"
    return f"half took {middle}, all {shortest} to {longest}"


def _left_out(found: Pace) -> str:
    if not found.left_out:
        return ""
    every = found.epochs + found.left_out
    return f"{found.left_out} of {every} left out, as other programs used the CPU"


def _trend(trend: Trend | None) -> str:
    """Write such as `they get slower: +12 % [8, 16] per 100 epochs`; empty without a trend."""
    if trend is None:
        return ""
    shares = [100 * share for share in (trend.change, trend.low, trend.high)]
    # as many decimals as show a digit of the smallest: an interval that excludes 0 looks like it
    decimals = max(0, *(-floor(log10(abs(share))) for share in shares))
    change, low, high = (f"{share:.{decimals}f}" for share in shares)
    sign, word = ("+", "slower") if trend.change > 0 else ("", "faster")
    return f"they get {word}: {sign}{change} % [{low}, {high}] per {trend.epochs} epochs"

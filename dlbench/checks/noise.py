"""Noise: the same work measured twice, and the difference that this would have shown."""

from math import log1p

from dlbench import units
from dlbench.checks.base import Facts, LeftOut, Noise, Outcome

SUBJECT = "noise"

# Frameworks that are worth choosing between differ by more than this: a machine that shows it
# within seconds is a good one.
FINE = 0.1

# Beyond this, a run of minutes tells little but which framework is several times slower.
ROUGH = 0.5

# What to give the time for: a difference that decides what to use.
WANTED = 0.05

# So many times the time is no advice any more.
MOST_TIMES = 360

MEANING = "smaller differences are told by longer runs alone, or not at all"
DIFFERS = "two processes that do the same came out different: something else decides"
ADVICE = "mend what is bad above, and try again; more repetitions help too: --rigor standard"


def check(facts: Facts) -> Outcome | LeftOut:
    """Judge the smallest difference that shows."""
    noise = facts.noise
    if noise is None:
        return LeftOut("--no-noise")
    if isinstance(noise, str):
        return Outcome("unknown", f"could not be measured: {noise}", MEANING, ADVICE)
    if noise.visible is None:
        return _nothing(noise)
    seen = (
        f"differences of {units.percent(noise.visible)} can be told in about "
        f"{units.roughly(noise.seconds)}{_longer(noise)}"
    )
    if noise.differs:
        return Outcome("bad", seen, DIFFERS, ADVICE)
    if noise.visible <= FINE:
        return Outcome("good", seen)
    return Outcome("bad" if noise.visible > ROUGH else "notice", seen, MEANING, ADVICE)


def _nothing(noise: Noise) -> Outcome:
    """Say why no difference can be told."""
    causes = [f"others disturbed {noise.disturbed}"] if noise.disturbed else []
    causes += [f"a quota stopped {noise.stopped}"] if noise.stopped else []
    rounds = units.counted(noise.rounds, "round")
    meaning = "no difference can be told"
    if not causes:
        return Outcome("unknown", f"too little was measured: {rounds}", meaning, ADVICE)
    return Outcome("bad", f"of {rounds}, {' and '.join(causes)}", meaning, ADVICE)


def _longer(noise: Noise) -> str:
    """Return what time a difference of WANTED would take, if that is longer and can be waited for.

    The error of a median falls with the root of the time, if others keep as quiet as now; what lies
    above the margin must be as large as the error's reach (analysis/nulls.py).
    """
    reach = log1p(noise.visible or 0.0) - log1p(noise.margin)
    times = (reach / (log1p(WANTED) - log1p(noise.margin))) ** 2
    if not 1 < times <= MOST_TIMES:
        return ""
    return f", of {units.percent(WANTED)} in {units.roughly(times * noise.seconds)}"

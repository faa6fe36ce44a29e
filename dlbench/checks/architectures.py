"""Architectures: whether each build has code for the GPU, or must compile it first.

docs.nvidia.com/cuda/cuda-c-programming-guide, Compute Capabilities and Application Compatibility:
machine code (sm_) runs on its own major version from its minor version on; with the suffix `a` on
that capability alone. PTX (compute_) is compiled for any later capability, without a suffix.
"""

import re

from dlbench.checks.base import NO_GPU, Facts, LeftOut, Outcome, worst
from dlbench.machine.cards import Card
from dlbench.records.machine.checkup import State

SUBJECT = "gpu"

# `sm_90`, `sm_100a`, `compute_120`: the last digit is the minor version.
NAME = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")

MEANINGS: dict[State, str] = {
    "good": "",
    "notice": "kernels are compiled at their first call, which may take many minutes",
    "bad": "a build without code for the GPU fails at its first kernel there",
    "unknown": "first calls may take long",
}
ADVICE: dict[State, str] = {
    "good": "",
    "notice": "install a newer build, which has this capability",
    "bad": "install a build for this GPU",
    "unknown": "watch the first run, and raise timeout_s in a suite if cases are given up",
}


def check(facts: Facts) -> Outcome | LeftOut:
    """Judge every build that tells its architectures against every card."""
    if not facts.cards:
        return LeftOut(NO_GPU)
    builds = {name: one.architectures for name, one in facts.known.items() if one.cuda}
    if not builds:
        return LeftOut("no framework is built for CUDA")
    judged = {
        name: worst(*(_of(known, one) for one in facts.cards)) for name, known in builds.items()
    }
    have = {"good": "has code", "notice": "has code to compile", "bad": "has none"}
    cards = ", ".join(dict.fromkeys(map(_capability, facts.cards)))
    told = ", ".join(f"{name} {have.get(one, 'does not tell')}" for name, one in judged.items())
    state = worst(*judged.values())
    return Outcome(state, f"for {cards}: {told}", MEANINGS[state], ADVICE[state])


def _capability(card: Card) -> str:
    if card.capability is None:
        return "an unknown capability"
    return "capability {}.{}".format(*card.capability)


def _of(architectures: tuple[str, ...] | None, card: Card) -> State:
    if not architectures or card.capability is None:
        return "unknown"
    found = [named for name in architectures if (named := NAME.fullmatch(name))]
    if any(_runs(named, card.capability) for named in found):
        return "good"
    return "notice" if any(_can_be_compiled(one, card.capability) for one in found) else "bad"


def _runs(named: re.Match[str], capability: tuple[int, int]) -> bool:
    major, minor = int(named[2]), int(named[3])
    if named[1] != "sm" or major != capability[0]:
        return False
    return minor == capability[1] if named[4] == "a" else minor <= capability[1]


def _can_be_compiled(named: re.Match[str], capability: tuple[int, int]) -> bool:
    is_general = named[1] == "compute" and not named[4]
    return is_general and (int(named[2]), int(named[3])) <= capability

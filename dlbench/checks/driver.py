"""Driver against build: whether NVIDIA's driver runs the CUDA that each framework is built for.

docs.nvidia.com/deploy/cuda-compatibility: a driver runs everything of its own major version and of
those before; within a major version, code that must still be compiled needs the newer driver.
"""

import re

from dlbench.checks.base import NO_GPU, Facts, LeftOut, Outcome, worst
from dlbench.machine.cards import Driver
from dlbench.records.machine.checkup import State

SUBJECT = "gpu"

ADVICE = "update NVIDIA's driver, or install a build for an older CUDA"


def check(facts: Facts) -> Outcome | LeftOut:
    """Judge every build for CUDA."""
    if not isinstance(facts.driver, Driver) or not facts.cards:
        return LeftOut(NO_GPU)
    builds = {name: one.cuda for name, one in facts.known.items() if one.cuda}
    if not builds:
        return LeftOut("no framework tells which CUDA it was built for")
    listed = ", ".join(f"{name} built for {cuda}" for name, cuda in builds.items())
    newest = facts.driver.cuda
    if newest is None:
        seen = f"the driver does not tell its CUDA; {listed}"
        return Outcome("unknown", seen, "a newer build would not run on the GPU", ADVICE)
    seen = f"driver for CUDA {newest[0]}.{newest[1]}; {listed}"
    state = worst(*(_judged(newest, cuda) for cuda in builds.values()))
    meanings: dict[State, str] = {
        "good": "",
        "bad": "a build for a newer CUDA than the driver's does not run on the GPU",
        "notice": "what must be compiled for this GPU needs the newer driver",
        "unknown": "the version of a build cannot be read",
    }
    return Outcome(state, seen, meanings[state], "" if state == "good" else ADVICE)


def _judged(newest: tuple[int, int], cuda: str) -> State:
    found = re.match(r"(\d+)(?:\.(\d+))?", cuda)
    if not found:
        return "unknown"
    major, minor = int(found[1]), int(found[2] or 0)
    if major > newest[0]:
        return "bad"
    return "notice" if (major, minor) > newest else "good"

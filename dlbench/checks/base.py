"""The contract of a check: facts in, one finding out.

A check is one file in `dlbench/checks/`: `SUBJECT`, one of SUBJECTS, and `check(facts)`, a pure
function that returns an Outcome, or LeftOut if it does not apply. Its name is that of the file. It
reads the kernel's files below `facts.proc` and `facts.sys` only, so that a test can tell it any
machine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from dlbench import registry
from dlbench.machine.cards import Card, Driver, NoDriver
from dlbench.machine.grants import Grant
from dlbench.machine.observation import Observation
from dlbench.records.case import Declaration
from dlbench.records.framework import FrameworkFacts
from dlbench.records.machine.checkup import Finding, State

# What a check is about, in the order in which findings are shown.
SUBJECTS = ("cpu", "system", "frameworks", "gpu", "noise")

# Why files of the kernel are missing.
HIDDEN = "virtual machines and containers often hide it; only the host knows"
ASK_HOST = "nothing to do here; the check `noise` shows the effect"

NO_GPU = "there is no NVIDIA GPU with a working driver"


class Outcome(NamedTuple):
    """What a check found; see records.machine.checkup.Finding."""

    state: State
    seen: str
    meaning: str = ""
    advice: str = ""


class LeftOut(NamedTuple):
    """The check does not apply to this machine, or was not asked for."""

    reason: str


class Noise(NamedTuple):
    """The same work measured twice, in turns.

    seconds: how long that took; visible: the smallest difference that 4 of 5 such measurements
    detect, a share, None if nothing can be told; margin: a smaller one does not count; rounds:
    their number; disturbed, stopped: those with other programs at work, and those in which a quota
    stopped one of the two; differs: whether the two came out different.
    """

    seconds: float
    visible: float | None
    margin: float
    rounds: int
    disturbed: int
    stopped: int = 0
    differs: bool = False


@dataclass(frozen=True)
class Facts:
    """All that checks look at.

    proc, sys: where the kernel's files are; grant: what this process may use; variables: of the
    environment; observed: the work of others; people: how many are logged in; throttled_times: how
    often heat slowed the CPU down meanwhile, None if unknown; declared: the installed backends;
    frameworks: what each of them says, or why it does not; noise: None if not asked for, else why
    it could not be measured.
    """

    proc: Path
    sys: Path
    grant: Grant
    observed: Observation
    variables: Mapping[str, str] = field(default_factory=dict)
    people: int = 0
    throttled_times: int | None = None
    driver: Driver | NoDriver = field(default_factory=lambda: NoDriver("not asked"))
    declared: Mapping[str, Declaration] = field(default_factory=dict)
    frameworks: Mapping[str, FrameworkFacts | str] = field(default_factory=dict)
    noise: Noise | str | None = None

    @property
    def cards(self) -> tuple[Card, ...]:
        """Return the GPUs of the driver."""
        return self.driver.cards if isinstance(self.driver, Driver) else ()

    @property
    def with_gpu(self) -> tuple[str, ...]:
        """Return the installed backends that can use a GPU at all."""
        return tuple(name for name, one in self.declared.items() if set(one.devices) - {"cpu"})

    @property
    def known(self) -> dict[str, FrameworkFacts]:
        """Return the frameworks that have answered."""
        answers = self.frameworks.items()
        return {name: one for name, one in answers if isinstance(one, FrameworkFacts)}


def findings(facts: Facts) -> Iterator[Finding | tuple[str, LeftOut]]:
    """Yield what every check found, or the name of one that was left out, in order."""
    checks = [(registry.load("checks", name), name) for name in registry.names("checks")]
    for module, name in sorted(checks, key=lambda one: (SUBJECTS.index(one[0].SUBJECT), one[1])):
        outcome: Outcome | LeftOut = module.check(facts)
        label = name.replace("_", " ")
        yield (label, outcome) if isinstance(outcome, LeftOut) else Finding(label, *outcome)


def text(file: Path) -> str | None:
    """Return what a small file of the kernel says; None if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None


def number(file: Path) -> int | None:
    """Return the whole number in a file of the kernel; None if there is none."""
    try:
        return int(text(file) or "")
    except ValueError:
        return None


def worst(*states: State) -> State:
    """Return the state to show for several: bad, unknown, notice, good, in this order."""
    order: tuple[State, ...] = ("bad", "unknown", "notice", "good")
    return min(states, key=order.index)

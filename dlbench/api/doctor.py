"""Examine this machine, and say whether it is fit to measure."""

import os
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from dlbench.api import noise as noises
from dlbench.api.invocation import Watch, unwatched
from dlbench.checks import base
from dlbench.checks.base import Facts
from dlbench.harness.keeper import Keeper
from dlbench.harness.supervisor import probing
from dlbench.machine import cards, environment, grants, heat, programs
from dlbench.machine.observation import Observer
from dlbench.plan.targets import Machine, read_declarations, this_machine
from dlbench.records.framework import FrameworkFacts
from dlbench.records.machine.checkup import Checkup, Finding
from dlbench.records.measurement import Progress
from dlbench.records.run import Environment
from dlbench.report.document import machine as described

# How long dlbench watches what others do: long beside the kernel's ticks of 10 ms.
WATCHED_S = 2.0

SYS = Path("/sys")


def examine(*, noise: bool = True, progress: Watch = unwatched) -> Checkup:
    """Carry out all checks, and return what they found.

    noise: whether to measure the noise too, which takes ten seconds. progress: called with every
    event.
    """
    declarations = read_declarations()
    env, machine = environment.capture(declarations), this_machine(declarations)
    facts = gather(machine, env, noise=noise, progress=progress)
    return checkup(facts, described(env))


def checkup(facts: Facts, machine: str) -> Checkup:
    """Return the findings of all checks on these facts. machine: a line about it."""
    found, left_out = [], {}
    for one in base.findings(facts):
        if isinstance(one, Finding):
            found.append(one)
        else:
            name, why = one
            left_out[name] = why.reason
    return Checkup(machine, all(one.state != "bad" for one in found), tuple(found), left_out)


def gather(machine: Machine, env: Environment, *, noise: bool, progress: Watch) -> Facts:
    """Look at the machine, ask its frameworks, and measure its noise, in this order.

    What dlbench itself does would show in what comes first; the heat is looked at all the while.
    """
    installed = [name for name in machine.declarations if name in machine.installed]
    total = 1 + len(installed) + noise
    slowed = heat.throttled_times(SYS)
    progress(Progress("watching other programs", 0, total))
    grant = grants.granted()
    observed = Observer(grants.PROC, grant.allowed, os.getpid()).observe(WATCHED_S)
    driver = cards.read()
    frameworks = _asked(machine, installed, total, progress)
    measured: base.Noise | str | None = None
    if noise:
        seconds = f"{noises.SECONDS:g} s"
        doing = f"measuring the same work twice, for {seconds}"
        progress(Progress(doing, total - 1, total, is_timed=True))
        measured = noises.measure(machine, env)
    return Facts(
        proc=grants.PROC,
        sys=SYS,
        grant=grant,
        observed=observed,
        variables=dict(os.environ),
        people=programs.people(),
        throttled_times=_more(slowed, heat.throttled_times(SYS)),
        driver=driver,
        declared={name: machine.declarations[name] for name in installed},
        frameworks=frameworks,
        noise=measured,
    )


def _asked(
    machine: Machine, installed: Iterable[str], total: int, progress: Watch
) -> Mapping[str, FrameworkFacts | str]:
    """Ask one framework after the other, as others would slow down its start."""
    answers: dict[str, FrameworkFacts | str] = {}
    with closing(Keeper()) as keeper:
        start = probing.kept(keeper)
        for name in installed:
            progress(Progress(f"asking {name}", 1 + len(answers), total))
            declared = machine.declarations[name]
            answers[name] = probing.ask(name, declared, threads=machine.cores, start=start)
    return answers


def _more(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else after - before

"""One `dlbench verify` from end to end: choose, ask, show."""

import sys
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic

from rich.console import Console

from dlbench import syntax
from dlbench.api import run
from dlbench.errors import EXIT_FAILED_CASES, UsageError
from dlbench.harness.supervisor import verification
from dlbench.harness.supervisor.pool import Launch
from dlbench.harness.supervisor.process import Launcher
from dlbench.machine import environment
from dlbench.networks.base import every
from dlbench.networks.lecture import OPTIMIZERS
from dlbench.plan.targets import (
    MODE_KINDS,
    USUAL,
    Machine,
    read_declarations,
    reason_to_skip,
    targets_for,
    this_machine,
)
from dlbench.records.case import Target
from dlbench.records.measurement import Progress
from dlbench.records.verification import Finding
from dlbench.report import progress
from dlbench.report import verification as verified

FORMATS = ("table", "json")


# Among how many workers the networks of a target are shared: compiling is what takes the time.
PARTS = 2


@dataclass(frozen=True)
class Chosen:
    """The targets to verify, why others cannot be had, and the modes that nobody asked for."""

    there: Sequence[Target]
    absent: Sequence[str]
    not_asked: Sequence[tuple[str, str]]


def verify(
    targets: Mapping[str, Sequence[str] | None],
    wanted: Sequence[str],
    *,
    quick: bool,
    seed: int,
    form: str,
) -> int:
    """Check what was asked for, and print it; 0 if all of it holds."""
    syntax.choice("--format", form, FORMATS)
    declarations = read_declarations()
    machine = this_machine(declarations)
    axes = {axis: syntax.words(values) for axis, values in targets.items() if values}
    if quick:
        axes = {"mode": [USUAL], **axes}
    chosen = _choose(axes, machine)
    catalogue = list(every())
    names = syntax.choices("network", syntax.words(wanted) or catalogue, catalogue)
    asked = verification.tasks(
        chosen.there,
        [every()[name] for name in names],
        seed,
        1 if quick else PARTS,
        None if quick else OPTIMIZERS,
    )
    start = monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="dlbench-") as logs,
        Launcher(declarations, Path(logs)) as launch,
    ):
        findings = _verified(asked, launch)
    seconds = monotonic() - start
    report = verified.Report(findings, chosen.absent, seconds, chosen.not_asked)
    if form == "json":
        sys.stdout.write(verified.to_json(report))
    else:
        verified.show(report, Console())
    return 0 if report.held else EXIT_FAILED_CASES


def _choose(axes: Mapping[str, Sequence[str]], machine: Machine) -> Chosen:
    # one thread each, as many workers as cores
    axes = {**axes, "threads": ["1"]}
    found = [target for target, _ in targets_for(axes, machine)]
    reasons = {target: reason_to_skip(target, machine) for target in found}
    absent = sorted({reason for reason in reasons.values() if reason is not None})
    there = [target for target in found if reasons[target] is None]
    if not there:
        raise UsageError("nothing can be verified: " + "; ".join(absent))
    return Chosen(there, absent, [] if "mode" in axes else _not_asked(axes, found, machine))


def _not_asked(
    axes: Mapping[str, Sequence[str]], found: Collection[Target], machine: Machine
) -> list[tuple[str, str]]:
    """Backends and modes that this machine has too, but that must be asked for by name."""
    every = (target for target, _ in targets_for({**axes, "mode": MODE_KINDS}, machine))
    others = (t for t in every if t not in found and reason_to_skip(t, machine) is None)
    return list(dict.fromkeys((target.backend, target.mode) for target in others))


def _verified(asked: Sequence[verification.Task], launch: Launch) -> list[Finding]:
    run.end_in_order()
    total, done, one_at_a_time = sum(len(task.orders) for task in asked), 0, Lock()
    with progress.watching(Console(stderr=True)) as watcher:

        def tell(finding: Finding) -> None:
            nonlocal done
            with one_at_a_time:
                done += 1
                watcher.see(Progress(f"verified {verified.name(finding)}", done, total))

        watcher.see(Progress("starting workers", 0, total))
        return verification.verify(asked, launch, environment.usable_cores(), tell)

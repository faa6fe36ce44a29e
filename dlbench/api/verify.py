"""Check that every backend computes what the reference computes."""

import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

from dlbench.analysis.verification import Verification, name
from dlbench.api.alone import IGNORE, measuring
from dlbench.api.invocation import Watch, unwatched
from dlbench.api.machine import this_machine
from dlbench.errors import UsageError
from dlbench.harness.supervisor import verification
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.machine import environment
from dlbench.networks.base import every
from dlbench.networks.lecture import OPTIMIZERS
from dlbench.plan.request import VerifyRequest
from dlbench.plan.targets import (
    Machine,
    read_declarations,
    reason_to_skip,
    targets_for,
    without_target,
)
from dlbench.plan.wishes import DEFAULT
from dlbench.records.case import Declaration, Target
from dlbench.records.measurement import Progress
from dlbench.records.verification import Finding
from dlbench.syntax import choices

# Compiling takes most of the time, so the networks of a target are shared by this many workers.
PARTS = 2


class _Chosen(NamedTuple):
    """Targets to verify, why others cannot be, and modes that must be asked for by name."""

    targets: Sequence[Target]
    absent: Sequence[str]
    not_asked: Sequence[tuple[str, str]]


def verify(*, progress: Watch = unwatched, **options: Any) -> Verification:
    """Check the lecture's examples and all networks on every backend, and return the findings.

    options: the fields of VerifyRequest, such as backend="torch", network="iris" or quick=True.
    progress: called with every event. It times nothing, so it does not wait for a run that
    measures; that run notes it.

    Raises UsageError for a mistake in the arguments, and where nothing can be verified.
    """
    request = VerifyRequest.of(options)
    declarations = read_declarations()
    default = {"mode": [DEFAULT]} if request.quick else {}
    chosen = _choose({**default, **request.targets}, request.targets, this_machine(declarations))
    tasks = _tasks(request, chosen.targets)
    start = monotonic()
    with measuring("dlbench verify", IGNORE):
        findings = _findings(tasks, declarations, progress)
    seconds = monotonic() - start
    return Verification(findings, chosen.absent, seconds, chosen.not_asked)


def _tasks(request: VerifyRequest, targets: Sequence[Target]) -> Sequence[verification.Task]:
    networks = every()
    names = choices("network", request.network or networks, list(networks))
    return verification.tasks(
        targets,
        [networks[name] for name in names],
        request.seed,
        1 if request.quick else PARTS,
        None if request.quick else OPTIMIZERS,
    )


def _choose(axes: Mapping[str, Sequence[str]], named: Collection[str], machine: Machine) -> _Chosen:
    """Choose the targets. named: the axes whose values the user names."""
    # one thread each, as many workers as cores
    axes = {**axes, "threads": ["1"]}
    asked = [target for target, _ in targets_for(axes, machine)]
    reasons = {target: reason_to_skip(target, machine) for target in asked}
    absent = sorted({reason for reason in reasons.values() if reason is not None})
    absent += without_target(axes, machine, named)
    there = [target for target in asked if reasons[target] is None]
    if not there:
        raise UsageError("nothing can be verified: " + "; ".join(absent))
    return _Chosen(there, absent, [] if "mode" in axes else _not_asked(axes, asked, machine))


def _not_asked(
    axes: Mapping[str, Sequence[str]], asked: Collection[Target], machine: Machine
) -> list[tuple[str, str]]:
    """Backends and modes that this machine has too, but that must be asked for by name."""
    modes = [mode for declared in machine.declarations.values() for mode in declared.modes]
    known = (target for target, _ in targets_for({**axes, "mode": modes}, machine))
    others = (t for t in known if t not in asked and reason_to_skip(t, machine) is None)
    return list(dict.fromkeys((target.backend, target.mode) for target in others))


def _findings(
    tasks: Sequence[verification.Task], declarations: Mapping[str, Declaration], watch: Watch
) -> list[Finding]:
    """Collect the answers of all workers; pass each finding to the watcher as it comes."""
    total, done, one_at_a_time = sum(len(task.orders) for task in tasks), 0, Lock()

    def tell(finding: Finding) -> None:
        nonlocal done
        with one_at_a_time:
            done += 1
            watch(Progress(f"verified {name(finding)}", done, total))

    watch(Progress("starting workers", 0, total))
    with (
        tempfile.TemporaryDirectory(prefix="dlbench-") as logs,
        Launcher(declarations, Path(logs)) as launch,
    ):
        return verification.verify(tasks, launch, environment.usable_cores(), tell)

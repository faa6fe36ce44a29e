"""The outcome of a run or a training, counted from its folder, for `dlbench list runs`.

Of samples only the flags are decoded, so that many large runs are listed soon.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import Raw, Struct

from dlbench import units
from dlbench.records.case import Case, Target
from dlbench.records.measurement import DISTURBED, Flag, Status, StopReason
from dlbench.records.run import Environment, Run
from dlbench.records.training import INTERRUPTED, TrainingRun
from dlbench.results.folder import RUN, TRAINING, kind_of, read_lines
from dlbench.results.upgrade import flags_of


@dataclass(frozen=True)
class Outcome:
    """The number of cases or trainings in a folder, by status.

    subject: the suite, or the network of a training; unit: what is counted, `case` or `training`;
    statuses: one for everything planned, None for what was not measured to its end; in_part: the
    number of those that have measurements nevertheless; machine: its processor and GPUs; disturbed:
    the share of samples during which other programs ran, None without samples.
    """

    kind: str
    started: str
    subject: str
    command: str
    unit: str
    statuses: tuple[Status | None, ...]
    in_part: int
    machine: str = ""
    disturbed: float | None = None

    @property
    def quiet(self) -> str:
        """Such as `quiet`, or `88 % quiet` of the samples; empty without samples."""
        if self.disturbed is None:
            return ""
        share = f"{1 - self.disturbed:.0%}".replace("%", " %")
        return "quiet" if share == "100 %" else f"{share} quiet"

    @property
    def counts(self) -> str:
        """Such as `12 ok, 1 failed, 3 skipped`; what there is none of is left out, but `ok`."""
        done = [status for status in self.statuses if status is not None]
        ok, skipped = done.count("ok"), done.count("skipped")
        others = ((len(done) - ok - skipped, "failed"), (skipped, "skipped"))
        return ", ".join([f"{ok} ok", *(f"{count} {word}" for count, word in others if count)])

    @property
    def state(self) -> str:
        """Such as `interrupted: 12 of 28 cases complete, 3 in part`; empty for what is complete."""
        planned = len(self.statuses)
        done = planned - self.statuses.count(None)
        in_part = f", {self.in_part} in part" if self.in_part else ""
        state = f"{INTERRUPTED}: {done} of {planned} {self.unit}s complete{in_part}"
        return "" if done == planned else state


def outcome(folder: Path) -> Outcome:
    """Count what a folder holds; UnreadableResults if it is damaged or of a newer schema."""
    if kind_of(folder) is RUN:
        return _of_run(RUN.read_head(folder), folder)
    return _of_training(TRAINING.read_head(folder), folder)


class _Flagged(Struct):
    """A sample without what it does not take to say whether it was disturbed."""

    host_s: float
    flags: tuple[Flag, ...] = ()
    waited_s: float | None = None
    throttled_s: float | None = None


class _Measured(Struct):
    """A measurement of which the samples are only judged."""

    case: str
    status: Status
    stop_reason: StopReason | None = None
    samples: tuple[_Flagged, ...] = ()


class _Trained(Struct):
    """A training whose epochs are only counted."""

    target: Target
    seed: int
    status: Status
    epochs: list[Raw]
    reason: str | None = None


def _of_run(run: Run, folder: Path) -> Outcome:
    lines: defaultdict[str, list[_Measured]] = defaultdict(list)
    for line in read_lines(folder / RUN.lines_file, _Measured)[0]:
        lines[line.case].append(line)
    cases = run.plan.cases
    taken = [sample for those in lines.values() for line in those for sample in line.samples]
    statuses = tuple(_status(case, lines[case.id]) for case in cases)
    return Outcome(
        kind=RUN.name,
        started=run.started,
        subject=run.plan.suite,
        command=run.command,
        unit="case",
        statuses=statuses,
        in_part=sum(
            status is None and bool(lines[case.id])
            for case, status in zip(cases, statuses, strict=True)
        ),
        machine=_machine(run.environment),
        disturbed=_disturbed(taken, run.schema_version),
    )


def _machine(found: Environment) -> str:
    """Such as `AMD EPYC, 2 cores` or `Intel Xeon, 16 cores, NVIDIA H200`."""
    cores = units.counted(found.usable_cores, "core")
    return ", ".join([found.cpu or "CPU unknown", cores, *found.gpus])


def _disturbed(samples: Sequence[_Flagged], version: int) -> float | None:
    """Return the share of disturbed samples; version: of the schema of their records."""
    if not samples:
        return None
    flags = (flags_of(one, version) for one in samples)
    return sum(not DISTURBED.isdisjoint(one) for one in flags) / len(samples)


def _status(case: Case, lines: Sequence[_Measured]) -> Status | None:
    """The status of a case over its generations: the first failure, if there is one."""
    if case.skip:
        return "skipped"
    if not lines or any(line.stop_reason == INTERRUPTED for line in lines):
        return None
    return next((line.status for line in lines if line.status != "ok"), "ok")


def _of_training(run: TrainingRun, folder: Path) -> Outcome:
    lines, _ = read_lines(folder / TRAINING.lines_file, _Trained)
    # one that was being written when the user interrupted is there twice
    last = {(one.target, one.seed): one for one in lines}
    done = {key: one.status for key, one in last.items() if one.reason != INTERRUPTED}
    return Outcome(
        kind=TRAINING.name,
        started=run.started,
        subject=run.network.name,
        command=run.command,
        unit="training",
        statuses=tuple(done.get((t, seed)) for t in run.targets for seed in run.seeds),
        in_part=sum(key not in done and bool(one.epochs) for key, one in last.items()),
        machine=_machine(run.environment),
    )

"""One `dlbench run` from end to end: plan, measure, store, show.

The pieces know nothing of each other; here they are put together.
"""

import shlex
import signal
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from dlbench import __version__, syntax
from dlbench.errors import EXIT_FAILED_CASES, EXIT_INTERRUPTED
from dlbench.harness.supervisor.pool import Launch
from dlbench.harness.supervisor.process import Launcher
from dlbench.harness.supervisor.run import Supervisor
from dlbench.machine import environment
from dlbench.plan import build, presets, suite
from dlbench.plan.targets import (
    read_declarations,
    this_machine,
)
from dlbench.records.case import Declaration
from dlbench.records.measurement import Measurement
from dlbench.records.plan import MOST_GENERATIONS, Plan
from dlbench.records.run import Environment, Run
from dlbench.report import progress, terminal
from dlbench.results.folder import LOGS_FOLDER, RUN, new_folder, read_run
from dlbench.syntax import within

T = TypeVar("T")


FINE = {"ok", "skipped"}


# A half-width of all of a ratio says nothing.
FRACTION = "a fraction such as 0.005 (0.5 %)"


@dataclass(frozen=True)
class Rules:
    """How thoroughly to measure, in the user's words; None means as the suite says."""

    presets: str | None = None
    generations: int | None = None
    renewals: int | None = None
    precision: float | None = None
    budget_s: float | None = None
    compile_limit_s: float | None = None


def ask(
    targets: Mapping[str, Sequence[str] | None],
    axes: Mapping[str, Sequence[str] | None],
    keep: str,
    rules: Rules,
    seed: int,
) -> build.Asked:
    """What the options say, validated as far as they can be without a suite."""
    return build.Asked(
        targets={axis: syntax.words(values) for axis, values in targets.items() if values},
        axes={axis: syntax.words(values) for axis, values in axes.items() if values},
        keep=syntax.expression(keep) if keep else lambda _: True,
        rigor=None if rules.rigor is None else syntax.choice("rigor", rules.rigor, presets.NAMES),
        generations=within("--generations", rules.generations, 1, MOST_GENERATIONS),
        renewals=within("--renewals", rules.renewals, 0, MOST_GENERATIONS),
        precision=within("--precision", rules.precision, 0, 1, FRACTION, without=(0, 1)),
        budget_s=_seconds("--budget", rules.budget_s),
        compile_limit_s=_seconds("--compile-limit", rules.compile_limit_s),
        seed=seed,
    )


def _seconds(option: str, seconds: float | None) -> float | None:
    return within(option, seconds, 0, inf, "seconds, more than 0", without=(0, inf))


def dry_run(suite_name: str, asked: build.Asked) -> int:
    """Print the plan."""
    made = _plan(suite_name, asked, read_declarations())
    terminal.plan(made, Console())
    return 0


def measure(suite_name: str, asked: build.Asked, results: Path) -> int:
    """Measure, and show the table; the exit code."""
    errors = Console(stderr=True)
    declarations = read_declarations()
    made = _plan(suite_name, asked, declarations)
    machine = environment.capture(declarations)  # takes a second, so before there is a folder
    folder = new_folder(results, made.suite)
    run = _run(folder.name, made, machine)
    interrupted, renews = False, made.sampling.renewals > 0
    end_in_order()
    try:
        with Launcher(declarations, folder / LOGS_FOLDER, renews=renews) as launch:
            _measure(run, folder, launch, errors)
    except KeyboardInterrupt:
        interrupted = True
        errors.print("Interrupted; what was measured so far is kept.")
    found = read_run(folder)
    terminal.show(found, Console())
    print(f"\nResults: {folder}\nReport:  dlbench report {folder}")
    if interrupted:
        return EXIT_INTERRUPTED
    failed = [m for m in found.measurements if m.status not in FINE]
    return EXIT_FAILED_CASES if failed else 0


def end_in_order() -> None:
    """Treat being asked to end like Ctrl-C: keep what was measured, end the workers."""
    for name in ("SIGTERM", "SIGHUP"):
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.default_int_handler)


def _run(name: str, made: Plan, machine: Environment) -> Run:
    return Run(
        id=name,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["dlbench", *sys.argv[1:]]),
        plan=made,
        environment=machine,
        dlbench=__version__,
    )


def _measure(run: Run, folder: Path, launch: Launch, errors: Console) -> None:
    with RUN.writing(folder, run) as results, progress.watching(errors) as watcher:
        events = Supervisor(run.plan, launch).measure()
        try:
            for event in events:
                if isinstance(event, Measurement):
                    results.append(event)
                watcher.see(event)
        except KeyboardInterrupt as interrupt:
            # whether it came while a worker was heard or while its measurement was written
            for event in rest(events, interrupt):
                if isinstance(event, Measurement):
                    results.append(event)
            raise


def rest(events: Generator[T, None, None], interrupt: KeyboardInterrupt) -> Iterator[T]:
    """What there is and has not yet been handed over when the user interrupts."""
    try:
        yield events.throw(interrupt)
        yield from events
    except (KeyboardInterrupt, StopIteration):
        return


def _plan(suite_name: str, asked: build.Asked, declarations: Mapping[str, Declaration]) -> Plan:
    return build.make(suite.load(suite_name), asked, this_machine(declarations))

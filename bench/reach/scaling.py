"""Whether large plans and runs cost in proportion: CPU seconds, memory, descriptors, processes.

Every size is measured in a process of its own, on fake workers and runs of known truth. A time that
grows with the number of cases has a slope of 1 between logarithms; one that grows with its square,
of 2. The exit code says whether all that is promised holds. Half an hour on two cores.

`scaling.py [PART ...]`, for some of plan, supervisor, show, answer, report, compare, soak, repeated
and repeated-report
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from math import log
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # the fakes

from rich.console import Console  # noqa: E402

from dlbench.harness.supervisor.run import Supervisor  # noqa: E402
from dlbench.plan import build, suite  # noqa: E402
from dlbench.plan.estimate import estimate, expected, forecast  # noqa: E402
from dlbench.plan.request import Request  # noqa: E402
from dlbench.records.measurement import Measurement  # noqa: E402
from dlbench.records.plan import Plan  # noqa: E402
from dlbench.report.watching.watchers import LogWatcher  # noqa: E402
from dlbench.results.folder import RUN  # noqa: E402
from fakes import many  # noqa: E402
from fakes.machine import machine  # noqa: E402
from fakes.runs import run_of  # noqa: E402
from fakes.terminal import dlbench  # noqa: E402

TARGETS = len(many.STEP_S)
# Cases of a run; and of a report, whose charts take a second.
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000)
REPORTS = (2_000, 5_000, 10_000)
# Cases of each of two runs that are compared.
PAIRS = (2_000, 5_000, 10_000)
# A soak: rows, and after which of them the memory must not grow any more.
SOAK_ROWS, SETTLED_ROWS = 2_000, 200
# Runs of few workloads and many repetitions: their measurements, those of nulls included.
WORKLOADS, MEASUREMENTS, REPORTED_MEASUREMENTS = 20, 100_000, 10_000
# So many repetitions are made at a time.
PART = 50

# What must be reached.
MOST_SLOPE, MOST_GROWTH = 1.05, 1.10
MOST_S = {"plan": 2.0, "compare": 3.0, "repeated": 5.0, "repeated-report": 20.0}
MOST_MB = {"repeated": 500.0}

Found = Mapping[str, Any]


def peak_mb() -> float:
    """The largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6  # KiB on Linux


def timed(call: Callable[[], object]) -> Found:
    """CPU seconds of the call, and the peak of memory after it."""
    began = process_time()
    call()
    return {"seconds": process_time() - began, "mb": peak_mb()}


def planned(cases: int) -> Found:
    """A plan of so many cases, with its estimates."""
    asked = suite.load("matmul")

    def make() -> None:
        sizes = tuple(map(str, range(1, cases // 4 + 1)))
        made = build.make(asked, Request(suite="matmul", size=sizes), machine())
        assert len(made.cases) == cases, f"{len(made.cases)} cases"
        estimate(made)
        expected(made)

    return timed(make)


class Census:
    """What the process holds, after so many rows."""

    def __init__(self) -> None:
        self.me, self.found = psutil.Process(), []  # type: psutil.Process, list[Found]

    def take(self) -> None:
        """Count memory, descriptors, processes and threads."""
        self.found.append(
            {
                "mb": self.me.memory_info().rss / 1e6,
                "descriptors": self.me.num_fds(),
                "processes": len(self.me.children(recursive=True)),
                "threads": self.me.num_threads(),
            }
        )


def measure(plan: Plan, census: Census, rows: Sequence[int] = ()) -> None:
    """Measure a plan with fake workers, watch it, store it; take the census after these rows."""
    workers = many.Noisy()
    head, clock = run_of([], plan=plan), workers.clock.seconds
    with (
        tempfile.TemporaryDirectory() as folder,
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        RUN.writing(Path(folder), head) as written,
    ):
        watching = LogWatcher(Console(file=nowhere), clock)
        watching.see(head)
        watching.see(forecast(plan))
        done, last = 0, ""
        for event in Supervisor(plan, workers.launch, clock, expected_s=expected(plan)).measure():
            if isinstance(event, Measurement):
                written.append(event)
            watching.see(event)
            row = getattr(event, "row", "")
            if row and row != last:
                done, last = done + 1, row
                if done in rows:
                    census.take()
        census.take()


def supervised(cases: int) -> Found:
    """A run of so many cases, from the first event to the last."""
    plan = many.plan(cases // TARGETS)
    return timed(lambda: measure(plan, Census()))


def soaked(rows: int) -> Found:
    """A run of so many rows: what it holds early and at its end."""
    census = Census()
    measure(many.plan(rows), census, [SETTLED_ROWS])
    first, last = census.found
    return {"first": first, "last": last}


def stored(folder: Path, workloads: int, generations: int = 1, **fields: str) -> Path:
    """A run of known truth on disk, written in parts that fit into memory."""
    run = run_of([], plan=many.plan(workloads, generations), **fields)
    with RUN.writing(folder, run) as written:
        for first in range(0, generations, PART):
            part = many.results(workloads, min(PART, generations - first), first=first)
            for one in part.measurements:
                written.append(one)
    return folder


def shown(*words: str) -> Callable[[int], Found]:
    """A command that reads a run of so many cases."""

    def run(cases: int) -> Found:
        with tempfile.TemporaryDirectory() as folder:
            return of_command(stored(Path(folder), cases // TARGETS), *words)

    return run


def compared(cases: int) -> Found:
    """Two runs of so many cases, compared."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a", "b")]
        for number, path in enumerate(paths):
            path.mkdir()
            stored(path, cases // TARGETS, id=f"run-{number}")
        return of_command(paths[0], "compare", str(paths[1]))


def of_command(folder: Path, command: str, *options: str) -> Found:
    """CPU seconds and peak memory of a command on a run, in a process of its own."""
    words = [sys.executable, __file__, "--command", command, str(folder), *options]
    return told(words)


def repeated(command: str) -> Callable[[int], Found]:
    """A command that reads a run of so many measurements: few workloads, many repetitions."""

    def run(measurements: int) -> Found:
        with tempfile.TemporaryDirectory() as folder:
            path = stored(Path(folder), WORKLOADS, measurements // (WORKLOADS * (TARGETS + 1)))
            size = (path / RUN.lines_file).stat().st_size / 1e6
            return {**of_command(path, command), "file_mb": size}

    return run


PARTS: Mapping[str, tuple[Callable[[int], Found], Sequence[int]]] = {
    "plan": (planned, SIZES),
    "supervisor": (supervised, SIZES),
    "show": (shown("show"), SIZES),
    "answer": (shown("answer"), SIZES),
    "report": (shown("report"), REPORTS),
    "compare": (compared, PAIRS),
    "soak": (soaked, (SOAK_ROWS,)),
    "repeated": (repeated("show"), (MEASUREMENTS,)),
    "repeated-report": (repeated("report"), (REPORTED_MEASUREMENTS,)),
}


def told(words: Sequence[str]) -> Found:
    """What a process says in its last line."""
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def slope(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The slope between logarithms: 1 is in proportion, 2 with the square."""
    return float(np.polyfit([log(size) for size in sizes], [log(s) for s in seconds], 1)[0])


def holds(what: str, value: float, most: float, unit: str = "") -> bool:
    """Print a value beside what it may be at most; whether it is."""
    reached = value <= most
    print(f"  {what}: {value:.3g}{unit}; must be <= {most:g}{unit}: {'yes' if reached else 'NO'}")
    return reached


def judged(part: str) -> list[bool]:
    """Measure a part at all of its sizes, and print what it reaches."""
    _, sizes = PARTS[part]
    print(part, flush=True)
    found = []
    for size in sizes:
        found.append(told([sys.executable, __file__, "--one", part, str(size)]))
        print(f"  {size:7,}: {json.dumps(found[-1])}", flush=True)
    if part == "soak":
        return _judged_soak(found[-1])
    reached = []
    if len(sizes) > 1:
        reached.append(holds("slope", slope(sizes, [one["seconds"] for one in found]), MOST_SLOPE))
    if part in MOST_S:
        reached.append(holds("CPU time", found[-1]["seconds"], MOST_S[part], " s"))
    if part in MOST_MB:
        reached.append(holds("memory", found[-1]["mb"], MOST_MB[part], " MB"))
    return reached


def _judged_soak(found: Found) -> list[bool]:
    first, last = found["first"], found["last"]
    grown = holds("memory, end / early", last["mb"] / first["mb"], MOST_GROWTH)
    return [
        grown,
        *(holds(name, last[name], first[name]) for name in ("descriptors", "processes", "threads")),
    ]


def main() -> int:
    """Measure one size, one command, or everything that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        part, size = asked.one
        print(json.dumps(PARTS[part][0](int(size))))
        return 0
    if asked.command:
        answers = []
        found = timed(lambda: answers.append(dlbench(*asked.command)))
        print(json.dumps({**found, "code": answers[0].code, "characters": len(answers[0].out)}))
        return answers[0].code
    reached = [one for part in asked.parts or PARTS for one in judged(part)]
    return int(not all(reached))


if __name__ == "__main__":
    sys.exit(main())

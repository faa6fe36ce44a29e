"""The time in dlbench's table against the time of the same step in a plain loop without pauses.

The plain scripts in plain/ share no code with dlbench. Each has a process of its own that is
stopped while it waits. Before every turn of a case its loop runs, for some tenths of a second
behind a lead-in by time: so both meet the same speed of the machine, which may change within
seconds. The median over turns of the ratio of both is compared with what must be reached; the exit
code says whether it is.

`level.py [--seconds N] [--threads N] [--json FILE]`
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from math import exp, log
from pathlib import Path
from statistics import fmean, median
from time import perf_counter
from typing import Any, NamedTuple, Self

import psutil

import dlbench
from dlbench.machine.environment import usable_cores
from dlbench.records.measurement import Progress
from dlbench.stats.location import Location, location

PLAIN = Path(__file__).parent / "plain"
TARGETS = (
    ("numpy", "eager"),
    ("torch", "eager"),
    ("torch", "compile"),
    ("tensorflow", "eager"),
    ("tensorflow", "function"),
    ("tensorflow", "xla"),
    ("jax", "eager"),
    ("jax", "jit"),
)
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PJRT_NPROC")

# What must be reached, as shares: of nearly all cells, of all, and of each target's mean.
NEARLY_ALL, MOST_OF_NEARLY_ALL, MOST, MOST_MEAN = 0.95, 0.03, 0.06, 0.02

SUITE = """
about = "the cells of level.py"

[sampling]
rigor = "quick"
case_s = {seconds}

[[workload]]
kind = "matmul"
size = [256, 1024]

[[workload]]
kind = ["forward", "train_step", "predict"]
network = ["iris", "mnist-512"]
batch = 32
"""

Cell = tuple[str, str, int, str]
"""Backend, mode, threads, workload."""


class Visit(NamedTuple):
    """A run of a plain loop: when it ended, and the seconds of a step."""

    ended_s: float
    step_s: float


class Loops:
    """The plain loops of a target in a process of their own, stopped but for their visits."""

    def __init__(self, backend: str, mode: str, threads: int) -> None:
        script = PLAIN / f"{backend}_loops.py"
        env = {**os.environ, **dict.fromkeys(THREADS, str(threads)), "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, str(script), mode, str(threads)]
        pipe = subprocess.PIPE
        self.process = psutil.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)

    def __enter__(self) -> Self:
        self.cells = self._hear()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def visit(self, workload: str) -> float:
        """Seconds of a step of the workload in its loop."""
        self.process.resume()
        self.process.stdin.write(f"{workload}\n")
        self.process.stdin.flush()
        return float(median(self._hear()))

    def _hear(self) -> Any:
        line = self.process.stdout.readline()
        if not line:
            sys.exit("a plain loop ended before its time")
        self.process.suspend()
        return json.loads(line)


class Visitor:
    """Watches a run, and visits the plain loop of a case before its turn."""

    def __init__(self, loops: Mapping[tuple[str, str], Loops]) -> None:
        self.loops = loops
        self.visits: dict[str, list[Visit]] = defaultdict(list)

    def __call__(self, event: object) -> None:
        """Visit if a turn comes; nulls are the same case once more."""
        if not isinstance(event, Progress) or event.phase != "measuring":
            return
        if event.case.endswith("/null"):
            return
        loops = self.loops.get(target_of(event.case))
        workload = workload_of(event.case)
        if loops is not None and workload in loops.cells:
            step_s = loops.visit(workload)
            self.visits[event.case].append(Visit(perf_counter(), step_s))


def target_of(case: str) -> tuple[str, str]:
    """Backend and mode of the id of a case, which ends in backend/device/mode/dtype/threads."""
    backend, _, mode, *_ = case.split("/")[-5:]
    return backend, mode


def workload_of(case: str) -> str:
    """The name of a case's workload in the plain scripts."""
    kind, what, *_ = case.split("/")
    return f"{kind} {what.partition('x')[0] if kind == 'matmul' else what}"


def ratios(threads: int, seconds: float) -> dict[Cell, list[float]]:
    """Log ratios of dlbench's time to that of the loop right before, turn by turn, by cell."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        started = {target: Loops(*target, threads) for target in TARGETS}
        visitor = Visitor({name: stack.enter_context(one) for name, one in started.items()})
        suite = folder / "level.toml"
        suite.write_text(SUITE.format(seconds=seconds), encoding="utf-8")
        result = dlbench.run(
            str(suite),
            backend=sorted({backend for backend, _ in TARGETS}),
            mode=sorted({mode for _, mode in TARGETS}),
            threads=[threads],
            results=folder / "results",
            progress=visitor,
        )
        samples = result.samples()
    counted = samples[~samples["flags"].str.contains("ramp|busy|stolen|unparked")]
    found = {}
    for case, visits in visitor.visits.items():
        mine = counted[counted["case"] == case]
        cell = (*target_of(case), threads, workload_of(case))
        logs = [log(step_s / visit.step_s) for visit, step_s in turns(visits, mine)]
        if logs:
            found[cell] = logs
    return found


def turns(visits: Sequence[Visit], samples: Any) -> list[tuple[Visit, float]]:
    """Each visit with the median seconds of a step in the turn behind it."""
    ends = [visit.ended_s for visit in visits[1:]] + [float("inf")]
    pairs = []
    for visit, end_s in zip(visits, ends, strict=True):
        turn = samples[(samples["started_s"] > visit.ended_s) & (samples["started_s"] < end_s)]
        if len(turn):
            pairs.append((visit, float(turn["step_s"].median())))
    return pairs


def tell(found: Mapping[Cell, Sequence[float]]) -> bool:
    """Print every cell and what must be reached; whether it is."""
    middles: dict[Cell, Location] = {cell: location([logs]) for cell, logs in found.items()}
    for cell, middle in sorted(middles.items()):
        backend, mode, threads, workload = cell
        value, low, high = middle.interval()
        ends = "" if low is None or high is None else f" [{exp(low):.3f}, {exp(high):.3f}]"
        where = f"{workload}, {backend} {mode}, threads {threads}"
        print(f"{where}: {exp(value):.3f}{ends} in {len(found[cell])} turns")
    values = {cell: middle.value for cell, middle in middles.items()}
    near = fmean(abs(value) <= MOST_OF_NEARLY_ALL for value in values.values())
    worst = max(values, key=lambda cell: abs(values[cell]))
    means = defaultdict(list)
    for (backend, mode, _, _), value in values.items():
        means[f"{backend} {mode}"].append(value)
    checks = [
        (f"cells within {MOST_OF_NEARLY_ALL:.0%}", near, near >= NEARLY_ALL),
        (
            f"furthest cell, {' '.join(map(str, worst))}",
            values[worst],
            abs(values[worst]) <= MOST,
        ),
        *((f"mean of {name}", fmean(v), abs(fmean(v)) <= MOST_MEAN) for name, v in means.items()),
    ]
    for what, value, reached in checks:
        print(f"{what}: {value:+.1%}; {'reached' if reached else 'NOT REACHED'}")
    return all(reached for _, _, reached in checks)


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12.0, help="of a case, loops included")
    parser.add_argument("--threads", type=int, nargs="*", default=sorted({1, usable_cores()}))
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    found: dict[Cell, list[float]] = {}
    for threads in chosen.threads:
        found |= ratios(threads, chosen.seconds)
        if chosen.json:
            lines = [{"cell": list(cell), "ratios": logs} for cell, logs in found.items()]
            chosen.json.write_text(json.dumps(lines, indent=1), encoding="utf-8")
    sys.exit(not tell(found))


if __name__ == "__main__":
    main()

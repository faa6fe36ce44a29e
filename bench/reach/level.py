"""The time in dlbench's table against the time of the same step in a plain loop without pauses.

The plain scripts in plain/ share no code with dlbench. They and dlbench take turns, in minutes and
not in blocks: a run of dlbench stands between two of the loops and is compared with the mean of
both. The median of the ratios of all turns is compared with what must be reached; the exit code
says whether it is. The ratio of the lowest tenths stands beside it: what disturbs the machine
hardly touches them.

`level.py [--turns N] [--threads N] [--json FILE]`
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import exp, log, sqrt
from pathlib import Path
from statistics import fmean, median

import dlbench
from dlbench.machine.environment import usable_cores

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
SECONDS = 1.5

# What must be reached, as shares: of nearly all cells, of all, and of each target's mean.
NEARLY_ALL, MOST_OF_NEARLY_ALL, MOST, MOST_MEAN = 0.95, 0.03, 0.06, 0.02

SUITE = """
about = "the cells of level.py"

[sampling]
rigor = "{rigor}"

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

Times = tuple[float, float]
"""Seconds of a step: the median and the lowest tenth."""


def plain(backend: str, mode: str, threads: int) -> Iterator[tuple[Cell, Times]]:
    """Seconds of a step in a plain loop, by cell."""
    script = PLAIN / f"{backend}_loops.py"
    command = [sys.executable, str(script), mode, str(threads), str(SECONDS)]
    env = {**os.environ, **dict.fromkeys(THREADS, str(threads)), "TF_CPP_MIN_LOG_LEVEL": "3"}
    told = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if told.returncode:
        sys.exit(f"{script.name} {mode} failed:\n{told.stderr[-2000:]}")
    for workload, (middle, tenth) in json.loads(told.stdout.splitlines()[-1]).items():
        yield (backend, mode, threads, workload), (middle, tenth)


def measured(threads: int, rigor: str, folder: Path) -> dict[Cell, Times]:
    """Seconds of a step in dlbench's table, by cell; busy ones are left out."""
    suite = folder / "level.toml"
    suite.write_text(SUITE.format(rigor=rigor), encoding="utf-8")
    result = dlbench.run(
        str(suite),
        backend=sorted({backend for backend, _ in TARGETS}),
        mode=sorted({mode for _, mode in TARGETS}),
        threads=[threads],
        results=folder / "results",
    )
    samples = result.samples()
    steady = samples[~samples["flags"].str.contains("ramp") & ~samples["null"]]
    tenths = steady.groupby("case")["step_s"].quantile(0.1)
    frame = result.frame()
    good = frame[(frame.status == "ok") & ~frame.busy]
    return {
        (row.backend, row.mode, threads, row.label.partition(" batch")[0]): (
            row.time_s,
            tenths[row.case],
        )
        for row in good.itertuples(index=False)
    }


def loops(threads: int) -> dict[Cell, Times]:
    """Seconds of a step in the plain loops of all targets."""
    return {cell: times for target in TARGETS for cell, times in plain(*target, threads)}


def in_turns(threads: int, turns: int, rigor: str) -> Iterator[tuple[Cell, Times]]:
    """Ratios of dlbench's times to those of the loops before and after, by cell, turn by turn."""
    before = loops(threads)
    for turn in range(turns):
        with tempfile.TemporaryDirectory() as folder:
            found = measured(threads, rigor, Path(folder))
        after = loops(threads)
        print(f"turn {turn + 1}, threads {threads}: {len(found)} cells", file=sys.stderr)
        for cell in sorted(found.keys() & after.keys()):
            middle, tenth = (
                time / sqrt(one * other)
                for time, one, other in zip(found[cell], before[cell], after[cell], strict=True)
            )
            yield cell, (middle, tenth)
        before = after


def tell(ratios: Mapping[Cell, list[Times]]) -> bool:
    """Print every cell and what must be reached; whether it is."""
    middles = {cell: median(log(middle) for middle, _ in found) for cell, found in ratios.items()}
    for cell, found in sorted(ratios.items()):
        backend, mode, threads, workload = cell
        all_of_them, tenths = zip(*found, strict=True)
        ends = f"{min(all_of_them):.3f} to {max(all_of_them):.3f}"
        where = f"{workload}, {backend} {mode}, threads {threads}"
        print(
            f"{where}: {exp(middles[cell]):.3f} ({ends} in {len(found)} turns),"
            f" lowest tenth {median(tenths):.3f}"
        )
    near = fmean(abs(value) <= MOST_OF_NEARLY_ALL for value in middles.values())
    worst = max(middles, key=lambda cell: abs(middles[cell]))
    means = defaultdict(list)
    for (backend, mode, _, _), value in middles.items():
        means[f"{backend} {mode}"].append(value)
    checks = [
        (f"cells within {MOST_OF_NEARLY_ALL:.0%}", near, near >= NEARLY_ALL),
        (
            f"furthest cell, {' '.join(map(str, worst))}",
            middles[worst],
            abs(middles[worst]) <= MOST,
        ),
        *((f"mean of {name}", fmean(v), abs(fmean(v)) <= MOST_MEAN) for name, v in means.items()),
    ]
    for what, value, reached in checks:
        print(f"{what}: {value:+.1%}; {'reached' if reached else 'NOT REACHED'}")
    return all(reached for _, _, reached in checks)


def main() -> None:
    """Take turns, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="*", default=sorted({1, usable_cores()}))
    parser.add_argument("--rigor", default="quick")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    ratios: dict[Cell, list[Times]] = defaultdict(list)
    for threads in chosen.threads:
        for cell, found in in_turns(threads, chosen.turns, chosen.rigor):
            ratios[cell].append(found)
            if chosen.json:
                lines = [{"cell": list(cell), "ratios": found} for cell, found in ratios.items()]
                chosen.json.write_text(json.dumps(lines, indent=1), encoding="utf-8")
    sys.exit(not tell(ratios))


if __name__ == "__main__":
    main()

"""The memory bandwidth of `dlbench hardware` against a triad that gcc compiles, in turns.

dlbench adds two arrays: it moves the bytes of a triad in one pass of NumPy.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from paired import ratio, tell

from dlbench.harness.worker.gauges import Sum, in_threads
from dlbench.machine.environment import usable_cores
from dlbench.machine.topology import topology
from dlbench.plan.hardware import array_bytes

SOURCE = Path(__file__).parent / "plain" / "triad.c"
FLAGS = ("-O3", "-march=native", "-fopenmp")
ELEMENT_BYTES = 8
PASSES = 10
ROUNDS = 7
LEAST, MOST = 0.85, 1.15


def compare(program: Path, threads: int) -> bool:
    """Time both triads in turns; whether the rates agree."""
    size = array_bytes(topology()) // ELEMENT_BYTES
    variables = {**os.environ, "OMP_NUM_THREADS": str(threads), "OMP_PROC_BIND": "true"}
    made = Sum(size, threads)
    with (
        subprocess.Popen(
            [program, str(size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=variables,
        ) as compiled,
        in_threads(made) as run,
    ):
        orders, answers = compiled.stdin, compiled.stdout
        assert orders is not None
        assert answers is not None

        def seconds_of_theirs() -> float:
            orders.write("\n")
            orders.flush()
            return float(answers.readline())

        def seconds_of_ours() -> float:
            return min(one_pass(run) for _ in range(PASSES))

        seconds_of_ours()
        made.check()
        # of equal bytes, the rates are as the times the other way round
        found = ratio(seconds_of_theirs, seconds_of_ours, ROUNDS)
        print(f"{threads} threads: {24e-9 * size / seconds_of_ours():.1f} GB/s by dlbench")
        orders.close()
    return tell(f"GB/s, {threads} threads, sum by dlbench / triad by gcc", found, MOST, LEAST)


def one_pass(run: Callable[[], object]) -> float:
    """The seconds of a call."""
    start = perf_counter()
    run()
    return perf_counter() - start


if __name__ == "__main__":
    compiler = shutil.which("gcc")
    if compiler is None:
        sys.exit("null: there is no gcc")
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "triad"
        subprocess.run([compiler, *FLAGS, SOURCE, "-o", built], check=True)
        reached = [compare(built, threads) for threads in {1, usable_cores()}]
    sys.exit(not all(reached))

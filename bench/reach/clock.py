"""The clock of `dlbench hardware` against a chain of additions that gcc compiles, in turns.

An integer addition takes one cycle on every x86 CPU since 1995 (Agner Fog, Instruction tables).
"""

import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from archspec.cpu import host
from paired import ratio, tell

from dlbench.harness.worker.gauges import CHAINS, Chain, in_threads
from dlbench.machine.peaks import core

SOURCE = Path(__file__).parent / "plain" / "clock.c"
# A millisecond: beside other programs, some passes are undisturbed.
LINKS = CHAINS * 1000
PASSES = 50
ROUNDS = 21
LEAST, MOST = 0.97, 1.03


def compare(program: Path, cycles: int) -> bool:
    """Read both clocks in turns; whether they agree."""
    with (
        subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as compiled,
        in_threads(Chain(LINKS, 1)) as run,
    ):
        orders, answers = compiled.stdin, compiled.stdout
        assert orders is not None
        assert answers is not None

        def theirs() -> float:
            orders.write("\n")
            orders.flush()
            return float(answers.readline())

        def once() -> float:
            start = perf_counter()
            run()
            return perf_counter() - start

        def ours() -> float:
            return 1e-9 * cycles * LINKS / min(once() for _ in range(PASSES))

        ours()
        found = ratio(ours, theirs, ROUNDS)
        print(f"{ours():.3f} GHz by dlbench")
        orders.close()
    return tell("clock by dlbench / by gcc's chain of additions", found, MOST, LEAST)


if __name__ == "__main__":
    known, compiler = core(host().name), shutil.which("gcc")
    if compiler is None or platform.machine() != "x86_64":
        sys.exit("null: it needs gcc and an x86 CPU")
    if known is None or known.chain_cycles is None:
        sys.exit(f"null: the latencies of {host().name} are not in the table")
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "clock"
        subprocess.run([compiler, "-O2", SOURCE, "-o", built], check=True)
        sys.exit(not compare(built, known.chain_cycles))

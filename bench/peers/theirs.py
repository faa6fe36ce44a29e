"""The peers, each driven as its users drive it, within a given wall time for a comparison.

`size` finds once, at nobody's expense, what a start costs, what the tool's own option for more
really takes, and how many loops make a value; `compare` then fills the time that is left.
A comparison says the ratio B / A by the figure that the tool itself compares, and whether it calls
the two different, by its own rule.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from math import ceil, floor
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any, Protocol

from pytest_benchmark.utils import parse_compare_fail
from steps import SIZE, environment

HERE = Path(__file__).parent
LEAST_S = 0.2
TIMEOUT_S = 300.0
# Beside a load one run takes twice as long as another.
ATTEMPTS = 5

# Own time of a run that sizes a tool: about what a comparison leaves to a side.
REALISTIC_S = 3.0
# The least that a second of a tool's option is taken to cost: a disturbed run must not make the
# next one endless.
LEAST_RATE = 0.05


@dataclass(frozen=True)
class Compared:
    """One comparison. declared: what the tool calls it, one of `DECLARED`."""

    ratio: float | None
    declared: str
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    detail: Any = None


DECLARED = ("faster", "slower", "same", "unsure", "failed")


class Tool(Protocol):
    """One way of comparing two steps."""

    rule: str

    def size(self) -> dict[str, Any]:
        """What must be known of this machine before the first comparison; stored."""

    def compare(self, k: tuple[int, int], seconds: float, sizes: dict[str, Any]) -> Compared:
        """Compare the step of the first k with that of the second."""


def run(command: Sequence[str], env: dict[str, str] | None = None) -> tuple[str, float]:
    """Standard output, and seconds; what went wrong is raised with the last words."""
    start = monotonic()
    ended = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    if ended.returncode:
        words = (ended.stderr or ended.stdout).strip().splitlines()[-3:]
        raise RuntimeError(f"{' '.join(command[:4])} ... failed: {' | '.join(words)}")
    return ended.stdout, monotonic() - start


def typical(attempt: Callable[[], tuple[Any, float]]) -> float:
    """Median seconds of some attempts: the quickest would have the tool overrun its time."""
    return median(attempt()[1] for _ in range(ATTEMPTS))


def scale(attempt: Callable[[float], tuple[Any, float]]) -> dict[str, float]:
    """Wall time of a run by the tool's option in seconds: start_s, and rate for each of them.

    What an option says is not what is spent: pytest-benchmark makes --benchmark-max-time rounds of
    as long as its first call took, which is several times as long as the others. So the rate is
    measured, and once more where the tool really takes a realistic time.
    """
    short_s, asked, rate = typical(lambda: attempt(LEAST_S)), REALISTIC_S, 1.0
    for _ in range(2):
        long_s = typical(partial(attempt, asked))
        rate = max(LEAST_RATE, (long_s - short_s) / (asked - LEAST_S))
        asked = REALISTIC_S / rate
    return {"start_s": max(0.0, short_s - rate * LEAST_S), "rate": rate}


def option(seconds: float, sizes: dict[str, Any]) -> float:
    """What to ask a tool for that is to take so many seconds, starting included."""
    return float(max(LEAST_S, (seconds - sizes["start_s"]) / sizes["rate"]))


class TorchTimer:
    """torch.utils.benchmark: one process, blocked_autorange of A, then of B; medians."""

    rule = "`Compare` colours only one of the two as the best (more than 1 % and 0.1 µs apart)"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def size(self) -> dict[str, Any]:
        """What a comparison takes, by the least time of each of its two measured stretches."""
        return scale(lambda seconds: self._run((SIZE, SIZE), seconds))

    def compare(self, k: tuple[int, int], seconds: float, sizes: dict[str, Any]) -> Compared:
        """Each side as long as what a start leaves allows."""
        each = option(seconds, sizes)
        found, _ = self._run(k, each)
        a, b = found["medians"]
        declared = "same" if all(found["best"]) else direction(b / a)
        return Compared(b / a, declared, detail={**found, "timed_s": 2 * each})

    def _run(self, k: tuple[int, int], seconds: float) -> tuple[Any, float]:
        command = [sys.executable, str(HERE / "peer_torch.py"), "--k", *map(str, k)]
        command += ["--threads", str(self.threads), "--seconds", str(seconds)]
        output, spent = run(command)
        return json.loads(output.splitlines()[-1]), spent


class PytestBenchmark:
    """pytest-benchmark: two runs of pytest, A then B, compared by the median."""

    fail = "median:5%"
    rule = f"no rule of its own; `--benchmark-compare-fail={fail}`, either way round"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def size(self) -> dict[str, Any]:
        """What a run takes, by --benchmark-max-time."""
        return scale(lambda seconds: self._run(SIZE, seconds))

    def compare(self, k: tuple[int, int], seconds: float, sizes: dict[str, Any]) -> Compared:
        """Two runs, each half of the time."""
        each = option(seconds / 2, sizes)
        a, b = (self._run(side, each)[0] for side in k)
        return Compared(
            b["median"] / a["median"],
            self.verdict(a, b),
            detail={
                "medians": [a["median"], b["median"]],
                "rounds": [a["rounds"], b["rounds"]],
                "timed_s": a["total"] + b["total"],
            },
        )

    def verdict(self, a: dict[str, Any], b: dict[str, Any]) -> str:
        """By its own check, asked both ways: it only knows regressions."""
        check = parse_compare_fail(self.fail)
        if check.fails(current=b, compared=a):
            return "slower"
        return "faster" if check.fails(current=a, compared=b) else "same"

    def _run(self, k: int, seconds: float) -> tuple[Any, float]:
        with tempfile.TemporaryDirectory(prefix="peers-") as folder:
            settings, output = Path(folder, "pytest.ini"), Path(folder, "result.json")
            settings.write_text("[pytest]\n", encoding="utf-8")
            command = [
                sys.executable,
                "-P",
                "-m",
                "pytest",
                "-c",
                str(settings),
                "--rootdir",
                folder,
            ]
            command += ["--noconftest", "-q", "-p", "no:cacheprovider"]
            command += [f"--benchmark-max-time={seconds}", f"--benchmark-json={output}"]
            _, spent = run([*command, str(HERE / "peer_pytest.py")], environment(k, self.threads))
            stats = json.loads(output.read_text(encoding="utf-8"))["benchmarks"][0]["stats"]
        return stats, spent


class Pyperf:
    """pyperf: two runs of several processes each, compared by the mean as compare_to does."""

    rule = "`pyperf compare_to`: Student's t-test of the pooled values, 95 %"

    # As with --fast; a process gives one more, which warms up and is dropped.
    LEAST_VALUES = 2
    # Of a value, pyperf's own --min-time.
    VALUE_S = 0.1
    # As many processes as a comparison of some seconds has, times two.
    PROCESSES = 4
    # Share of its time that it may overrun for one more process: fewer would be to its cost.
    GRACE = 0.05

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def size(self) -> dict[str, Any]:
        """Loops of a value; what a process takes beyond its values, and the rest."""
        loops, step_s = self._calibrated()
        value_s = step_s * loops
        one_s = typical(lambda: self._run(SIZE, 1, self.LEAST_VALUES, loops))
        some_s = typical(lambda: self._run(SIZE, self.PROCESSES, self.LEAST_VALUES, loops))
        each_s = (some_s - one_s) / (self.PROCESSES - 1)
        process_s = max(0.1, each_s - (self.LEAST_VALUES + 1) * value_s)
        start_s = max(0.0, one_s - process_s - (self.LEAST_VALUES + 1) * value_s)
        return {"loops": loops, "value_s": value_s, "process_s": process_s, "start_s": start_s}

    def _calibrated(self) -> tuple[int, float]:
        """Loops of a value, and seconds of a step.

        pyperf calibrates loops to a power of two. Of them as many are kept as its least time of a
        value needs: what they take less is another process, or another value. The best of some
        attempts counts: a step that is disturbed looks longer, and would get too few loops.
        """
        calibrated = max(self._run(SIZE, 1, 1)[0].get_loops() for _ in range(ATTEMPTS))
        step_s = min(
            self._run(SIZE, 1, self.LEAST_VALUES, calibrated)[0].mean() for _ in range(ATTEMPTS)
        )
        return min(calibrated, ceil(self.VALUE_S / step_s)), step_s

    def compare(self, k: tuple[int, int], seconds: float, sizes: dict[str, Any]) -> Compared:
        """As many processes and values as fit."""
        from pyperf._compare import CompareData, CompareResult

        processes, values = self.shape(seconds / 2, sizes)
        a, b = (self._run(side, processes, values, sizes["loops"])[0] for side in k)
        found = CompareResult(CompareData("A", a), CompareData("B", b))
        return Compared(
            found.norm_mean,
            direction(found.norm_mean) if found.significant else "same",
            detail={
                "means": [a.mean(), b.mean()],
                "processes": processes,
                "values": values,
                "t": found.t_score,
                "timed_s": sizes["loops"] * sum((*a.get_values(), *b.get_values())),
            },
        )

    def shape(self, side_s: float, sizes: dict[str, Any]) -> tuple[int, int]:
        """As many processes as have time for the least number of values, and then as many values.

        The value that warms a process up is not counted.
        """
        left_s, value_s, process_s = side_s - sizes["start_s"], sizes["value_s"], sizes["process_s"]
        least_s = process_s + (self.LEAST_VALUES + 1) * value_s
        processes = max(1, floor((left_s + self.GRACE * side_s) / least_s))
        values = floor((left_s / processes - process_s) / value_s) - 1
        return processes, max(self.LEAST_VALUES, values)

    def _run(self, k: int, processes: int, values: int, loops: int = 0) -> tuple[Any, float]:
        import pyperf

        with tempfile.TemporaryDirectory(prefix="peers-") as folder:
            output = Path(folder, "result.json")
            command = [sys.executable, str(HERE / "peer_pyperf.py"), "--copy-env", "--quiet"]
            command += [f"--processes={processes}", f"--values={values}", f"--loops={loops}"]
            command += ["--warmups=1", "-o", str(output)]
            _, spent = run(command, environment(k, self.threads))
            return pyperf.Benchmark.load(str(output)), spent


def direction(ratio: float) -> str:
    """What B is against A, given that they differ."""
    return "slower" if ratio > 1 else "faster"


def tools(threads: int) -> dict[str, Tool]:
    """All peers by name."""
    return {
        "pyperf": Pyperf(threads),
        "pytest-benchmark": PytestBenchmark(threads),
        "torch.utils.benchmark": TorchTimer(threads),
    }


def as_record(compared: Compared) -> dict[str, Any]:
    """As it is stored."""
    return asdict(compared)

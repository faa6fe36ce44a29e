"""What the loops of an epoch cost, paired in one run.

Of mnist-512 at batch 32 the best PyTorch loop must take at most half of the DataLoader's time, and
the best TensorFlow loop must not be slower than fit; at batch 512 the best loop must reach 35 % of
the fastest matrix product.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dlbench.analysis.rows import Row, timed_rows
from dlbench.analysis.run import RunAnalysis
from dlbench.results.find import folders
from dlbench.results.folder import read_run

SMALL, LARGE = 32, 512
MOST_OF_DATALOADER, LEAST_UTILISATION = 0.5, 0.35


def main() -> None:
    """Print the ratios of a run of suite epochs; without one, measure it first."""
    if sys.argv[1:2] == ["--run"]:
        sys.exit(0 if holds(RunAnalysis(read_run(Path(sys.argv[2])))) else 1)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", "-m", "dlbench", "run", "epochs", "--network", "mnist-512"]
        subprocess.run([*command, "--results", folder, *sys.argv[1:]], check=True)
        [run] = folders(Path(folder))
        known = RunAnalysis(read_run(run))
    sys.exit(0 if holds(known) else 1)


def holds(known: RunAnalysis) -> bool:
    """Whether all that the run has measured of it is reached."""
    small = [row for row in known.rows if row.workload.params.get("batch") == SMALL]
    large = [row for row in known.rows if row.workload.params.get("batch") == LARGE]
    fine = [
        *_against(known, small, "torch", "dataloader", MOST_OF_DATALOADER),
        *_against(known, small, "tensorflow", "fit", 1.0),
        *_utilisation(large),
    ]
    return bool(fine) and all(fine)


def _best(rows: list[Row]) -> Row | None:
    return min(timed_rows(rows), key=lambda row: row.time.seconds or 0.0, default=None)


def _against(
    known: RunAnalysis, rows: list[Row], backend: str, loop: str, most: float
) -> Iterator[bool]:
    """The best loop of a backend against one of its loops, round by round."""
    own = [row for row in rows if row.target.backend == backend]
    others = [row for row in own if row.target.loop == loop]
    fastest = _best(own)
    if fastest is None or not others:
        print(f"{backend}: no {loop} was measured")
        return
    if fastest is others[0]:
        print(f"{backend}: {loop} is the fastest loop")
        yield most >= 1
        return
    rows = known.against(others[0].target.id).rows
    compared = {row.case: row.comparison for row in rows}[fastest.case]
    low, high = compared.low or float("nan"), compared.high or float("nan")
    print(
        f"{backend}: {fastest.target.loop} takes {compared.ratio:.3f} [{low:.3f}, {high:.3f}] "
        f"of the time of {loop}; must be at most {most:g}"
    )
    yield high <= most if most < 1 else compared.verdict != "slower"


def _utilisation(rows: list[Row]) -> Iterator[bool]:
    fastest = _best(rows)
    reached = fastest and fastest.efficiency.utilisation
    if fastest is None or reached is None:
        print("batch 512: nothing was measured")
        return
    print(
        f"batch 512: {fastest.target.id} reaches {100 * reached:.1f} % of the fastest "
        f"matrix product; must be {100 * LEAST_UTILISATION:g} %"
    )
    yield reached >= LEAST_UTILISATION


if __name__ == "__main__":
    main()

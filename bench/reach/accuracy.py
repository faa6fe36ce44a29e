"""What the lecture's networks learn: the median test accuracy of every backend, against its bar.

`python accuracy.py [NETWORK ...] [-- OPTIONS]`: OPTIONS go to `dlbench train`, such as --backend.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from dlbench import units
from dlbench.records.training import by_target
from dlbench.report.trainings.tables import name
from dlbench.results.folder import read_training


class Bar(NamedTuple):
    """After so many epochs the median of so many seeds must be at least this."""

    epochs: int
    seeds: int
    accuracy: float


BARS = {
    "ionosphere": (Bar(150, 10, 0.90),),
    # A quarter of its seeds stays below, so that a median of few of them is luck.
    "iris": (Bar(150, 100, 0.90),),
    "mnist-512": (Bar(1, 1, 0.96), Bar(5, 1, 0.975)),
}

# Keras's `fit`, the usual loop of TensorFlow, takes half an hour for a hundred seeds of iris.
LOOPS = {"iris": ("--loop", "tensors")}


def reaches(network: str, options: list[str]) -> bool:
    """Train it, and print every median."""
    bars = BARS[network]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-P",
            "-m",
            "dlbench",
            "train",
            network,
            "--seeds",
            str(bars[0].seeds),
        ]
        subprocess.run(
            [*command, "--results", folder, *LOOPS.get(network, ()), *options],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        [run] = Path(folder).iterdir()
        found = read_training(run)
    fine = True
    for target, results in by_target(found.results).items():
        for bar in bars:
            middle = median(one.epochs[bar.epochs - 1].accuracy or 0.0 for one in results)
            fine &= middle >= bar.accuracy
            print(
                f"{network}, {name(found.run, target)}: {middle:.3f} after "
                f"{units.counted(bar.epochs, 'epoch')}, "
                f"median of {len(results)}; must be {bar.accuracy:g}: "
                f"{'ok' if middle >= bar.accuracy else 'NOT REACHED'}"
            )
    return fine


if __name__ == "__main__":
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    outcomes = [reaches(network, given[end + 1 :]) for network in given[:end] or BARS]
    sys.exit(not all(outcomes))

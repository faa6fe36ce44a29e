"""What it takes to start: `import dlbench` against starting Python, and `dlbench --help` and
`dlbench list` against importing what their looks are made of.
"""

import subprocess
import sys
from collections.abc import Callable
from time import perf_counter

from paired import ratio, tell

ROUNDS = 25
START = ("-c", "pass")
LOOKS = ("-c", "import typer, rich")

# What is run, beside what, and how many times as long it may take.
PAIRS = (
    (("-c", "import dlbench"), START, 1.5),
    (("-P", "-m", "dlbench", "--help"), LOOKS, 1.6),
    (("-P", "-m", "dlbench", "list", "suites"), LOOKS, 1.6),
    (("-P", "-m", "dlbench", "list", "networks"), LOOKS, 1.6),
    (("-P", "-m", "dlbench", "list", "backends"), LOOKS, 1.6),
)


def seconds(*arguments: str) -> Callable[[], float]:
    """A fresh interpreter with these arguments, from start to end."""

    def take() -> float:
        start = perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return perf_counter() - start

    return take


if __name__ == "__main__":
    reached = [
        tell(
            f"python {' '.join(command)} / python {' '.join(beside)}",
            ratio(seconds(*command), seconds(*beside), ROUNDS),
            most,
        )
        for command, beside, most in PAIRS
    ]
    sys.exit(not all(reached))

"""`dlbench --help` and `dlbench list` against importing what their looks are made of."""

import subprocess
import sys
from collections.abc import Callable
from time import perf_counter

from paired import ratio, tell

ROUNDS = 25
MOST = 2.5
FLOOR = ("-c", "import typer, rich")


def seconds(*arguments: str) -> Callable[[], float]:
    """A fresh interpreter with these arguments, from start to end."""

    def take() -> float:
        start = perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        return perf_counter() - start

    return take


COMMANDS = (
    ("-P", "-m", "dlbench", "--help"),
    ("-P", "-m", "dlbench", "list", "suites"),
    ("-P", "-m", "dlbench", "list", "networks"),
    ("-P", "-m", "dlbench", "list", "backends"),
)

if __name__ == "__main__":
    reached = [
        tell(
            f"{' '.join(command[2:])} / import typer, rich",
            ratio(seconds(*command), seconds(*FLOOR), ROUNDS),
            MOST,
        )
        for command in COMMANDS
    ]
    sys.exit(not all(reached))

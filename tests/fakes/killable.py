"""Runs that can be killed: a process that forks one supervisor after the other, with fake workers.

It reads a line for each: `run` or `resume`, the suite, and the folder of results. It writes the id
of the supervisor, a dot for every event of the run, and a letter at its end: `e` for ended, `k` for
killed. So whoever reads chooses the moment of a kill, and the supervisor goes on meanwhile.
"""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

from dlbench.api import resume as api_resume
from dlbench.api import run as api_run
from dlbench.machine import environment
from fakes.runs import ENVIRONMENT
from fakes.workers import Stable


def say(text):
    os.write(1, text.encode())


def be_supervisor(what, suite, results):
    """Measure the suite, or go on with the only run in the folder of results."""
    api_run.Launcher = lambda *_, **__: nullcontext(Stable().launch)
    environment.capture = lambda _: ENVIRONMENT
    if what == "run":
        api_run.run(suite, results=results, progress=lambda _: say("."))
    else:
        (folder,) = Path(results).iterdir()
        api_resume.resume(folder, progress=lambda _: say("."))


def main():
    for line in sys.stdin:
        supervisor = os.fork()
        if supervisor == 0:
            say(f"{os.getpid()}\n")
            be_supervisor(*line.rstrip("\n").split("\t"))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(supervisor, 0)[1])
        say({0: "e", -9: "k"}.get(code, "?"))


if __name__ == "__main__":
    main()

"""The card as items see it: started backends, steps on it, commands of dlbench, programs beside.

Nothing here changes a setting of the card.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dlbench.backends.base import Backend, Step
from dlbench.harness.worker import timing
from dlbench.harness.worker.queued import Work
from dlbench.harness.worker.setup import start_here
from dlbench.machine.grants import granted
from dlbench.networks.base import named
from dlbench.parity.oracle import seeded
from dlbench.records.case import Target
from dlbench.records.measurement import Sample
from dlbench.reference import draws
from dlbench.reference.arrays import cast

ROOT = Path(__file__).parents[2]
DEVICE = "cuda"

# Blocks of this many steps tell who waits for whom, and what asking for a step takes.
STEPS = 64


class Card:
    """The first GPU of this machine."""

    def __init__(self) -> None:
        self.scratch = tempfile.mkdtemp(prefix="dlbench-device-")

    def started(self, backend: str, mode: str = "eager", dtype: str = "float32") -> Backend:
        """Start a framework in this process; it is the only one here."""
        return start_here(Target(backend, DEVICE, mode, dtype, granted().cores), self.scratch)

    def product(self, backend: Backend, size: int, dtype: str = "float32") -> Step:
        """Return a square product of random numbers, warm."""
        rng = np.random.default_rng(0)
        a, b = (cast(rng.random((size, size), np.float32), dtype) for _ in "ab")
        return self.warm(backend, backend.matmul(a, b))

    def network(self, backend: Backend, kind: str, rows: int = 32) -> Step:
        """Return a step of network mnist-512 on random rows, warm."""
        network = named("mnist-512")
        problem = seeded(network, draws.batch(network, rows, 0), "float32", 0)
        return self.warm(backend, backend.network(problem)[kind])

    def warm(self, backend: Backend, step: Step) -> Step:
        """Run a step until its times are steady."""
        timing.warm_up(lambda n: self.block(backend, step, n), block_s=0.02, budget_s=0.5)
        return step

    def block(self, backend: Backend, step: Step, steps: int = STEPS) -> Sample:
        """Time a block of steps."""
        step.reset()
        return timing.block(step.run, backend.device.wait, steps)

    def work(self, backend: Backend, step: Step) -> Work:
        """Return the step as work to be queued."""
        found = self.block(backend, step)
        issue_s = (found.issued_s or 0.0) / found.iterations
        return Work(step.run, step.reset, backend.device.wait, issue_s, found.step_s)

    def kernels_s(self, backend: Backend, step: Step) -> float | None:
        """Return the seconds of a step's kernels by PyTorch's profiler; None if it has none."""
        from torch.profiler import ProfilerActivity, profile

        step.reset()
        with profile(activities=[ProfilerActivity.CUDA]) as found:
            for _ in range(STEPS):
                step.run()
            backend.device.wait()
        us = sum(one.self_device_time_total for one in found.key_averages())
        return us / 1e6 / STEPS or None

    def sleep(self, seconds: float) -> None:
        """Let the card idle."""
        time.sleep(seconds)

    def dlbench(self, *words: str, timeout_s: float) -> tuple[int, str]:
        """Run a command of dlbench; return its exit code and what it printed."""
        command = (sys.executable, "-P", "-m", "dlbench", *words)
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=timeout_s
        )
        return done.returncode, done.stdout or done.stderr

    @contextmanager
    def beside(self, code: str, ready: Callable[[], None] = lambda: None) -> Iterator[int]:
        """Run a program beside for a `with` block, from when it prints a line; yield its id."""
        command = (sys.executable, "-c", code)
        program = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        try:
            assert program.stdout is not None
            program.stdout.readline()
            ready()
            yield program.pid
        finally:
            program.send_signal(signal.SIGCONT)
            program.kill()
            program.wait()

    def stop(self, process: int) -> None:
        """Stop a program as a parked worker is stopped."""
        os.kill(process, signal.SIGSTOP)

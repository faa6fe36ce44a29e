"""Blocks of a prepared step: size, start state, lead-in, counters, patience and flags.

The timed loop itself is in timing.py. It must not know any framework, nor the order of turns.
"""

import gc
from functools import partial
from math import inf

from msgspec.structs import replace

from dlbench import units
from dlbench.backends.base import Backend, Step, nothing
from dlbench.errors import DlbenchError
from dlbench.harness.worker import timing
from dlbench.harness.worker.compiler import count_graphs
from dlbench.harness.worker.interference import Counters, Monitor, with_flags
from dlbench.records.measurement import Flag, Sample
from dlbench.records.plan import Sampling

# Untimed steps before a block, as a share of it: after a switch of workers, caches are cold and
# threads asleep. And the least number after a reset: the first steps copy the new weights and
# allocate memory again. Seen: 1.5 times as long for the first, 1.1 for the second.
LEAD_IN_SHARE = 0.05
LEAD_IN_AFTER_RESET = 2

# A block below this share of its planned length is too short. Seen beside a competing process:
# blocks of a few steps were a fifth to a half slower per step than whole blocks of the same case.
SHORT_SHARE = 0.5


class Blocks:
    """The blocks of one prepared step. size: iterations of a block; planned_s: its length.

    The warm-up sets both.
    """

    def __init__(self, step: Step, backend: Backend, threads: int, monitor: Monitor) -> None:
        self.step, self.backend, self.threads, self.monitor = step, backend, threads, monitor
        self.size, self.planned_s = 1, inf

    def warm_up(self, sampling: Sampling, iterations: int | None) -> tuple[Sample, ...]:
        """Run until steady and choose the size of a block, or use `iterations` as its size."""
        gc.collect()
        gc.freeze()
        if self.step.lead_in is not None:
            self.step.lead_in()  # may compile functions that the step does not use: no failure
        if iterations:
            samples: tuple[Sample, ...] = (self._take(iterations, sampling.block_s),)
        else:
            samples = timing.warm_up(self._take, sampling.block_s, sampling.warmup_s)
        self.size = iterations or timing.block_size(sampling.block_s, samples)
        self.planned_s = sampling.block_s
        return samples

    def block(self) -> Sample:
        """Time one block, from the start state of training.

        A short block was sized in a disturbed warm-up: the overhead around its steps would count as
        their time. So the next blocks get more steps.
        """
        sample = self._take(self.size, self.planned_s)
        if sample.host_s < SHORT_SHARE * self.planned_s:
            self.size = max(timing.iterations_for(self.planned_s, sample), self.size)
        return sample

    def _take(self, iterations: int, planned_s: float = inf) -> Sample:
        """Time a block from the start state, after a lead-in; return it with counters and flags.

        Raises DlbenchError if anything is compiled: after the first calls, nothing would count it.
        """
        step, began = self.step, timing.now_s()
        gc.collect()
        graphs = count_graphs(self.backend)
        self._lead_in(iterations)
        wait, device = self.backend.device.wait, self.backend.device.clock()
        before, early = self.monitor.before(), list[Flag]()
        in_vain = partial(self._is_in_vain, before, early)
        patience = timing.Patience(timing.LATE * planned_s, in_vain)
        sample = timing.block(step.run, wait, iterations, device=device, patience=patience)
        flagged = with_flags(sample, before, self.monitor, self.threads)
        self._assert_nothing_compiled_since(graphs)
        flags = tuple(dict.fromkeys((*early, *flagged.flags)))
        return replace(flagged, lead_s=sample.started_s - began, flags=flags)

    def _is_in_vain(self, before: Counters, flags: list[Flag], taken_s: float) -> bool:
        """Return whether other processes disturb this slow block; append its flags to `flags`."""
        so_far = Sample(iterations=1, host_s=taken_s, started_s=0.0)
        so_far = with_flags(so_far, before, self.monitor, self.threads)
        flags += so_far.flags
        return so_far.is_disturbed

    def _assert_nothing_compiled_since(self, graphs: int) -> None:
        """Raise DlbenchError if the number of graphs has grown."""
        if more := count_graphs(self.backend) - graphs:
            times = units.counted(more, "time")
            raise DlbenchError(f"was compiled again while it was measured ({times})")

    def _lead_in(self, iterations: int) -> None:
        """Reset the step, and run it untimed."""
        step = self.step
        if step.lead_in is not None:
            step.reset()
            step.lead_in()
            return
        least = 1
        if step.reset is not nothing:
            step.reset()
            least = LEAD_IN_AFTER_RESET
        for _ in range(max(least, round(LEAD_IN_SHARE * iterations))):
            step.run()

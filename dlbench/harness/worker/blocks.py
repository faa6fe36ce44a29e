"""One block of a prepared step: start state, lead-in, counters, patience, flags; and its size.

The timed loop itself is in timing.py. It must not know any framework, nor whose turn it is.
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

# Untimed steps before a block: after a switch of workers caches are cold and threads asleep, so a
# share of the block is run first. After a reset, steps copy what was just assigned and allocate
# what was freed. Seen: 1.5 times as long for the first, 1.1 for the second.
LEAD_IN_SHARE = 0.05
LEAD_IN_AFTER_RESET = 2

# A block is short below this share of the length that it should have. Seen beside a competing
# process: blocks of a few steps, whose steps were a fifth to a half slower than those of the same
# case in whole blocks.
SHORT_SHARE = 0.5


class Blocks:
    """The blocks of one prepared step. size: how many iterations make one; planned_s: its length.

    Both are known after the warm-up.
    """

    def __init__(self, step: Step, backend: Backend, threads: int, monitor: Monitor) -> None:
        self.step, self.backend, self.threads, self.monitor = step, backend, threads, monitor
        self.size, self.planned_s = 1, inf

    def warm_up(self, sampling: Sampling, iterations: int | None) -> tuple[Sample, ...]:
        """Run until steady, and choose how many iterations make a block, unless that is known."""
        gc.collect()
        gc.freeze()
        if self.step.lead_in is not None:
            self.step.lead_in()  # may compile what the step does not call, which is no failure
        if iterations:
            samples: tuple[Sample, ...] = (self._take(iterations, sampling.block_s),)
        else:
            samples = timing.warm_up(self._take, sampling.block_s, sampling.warmup_s)
        self.size = iterations or timing.block_size(sampling.block_s, samples)
        self.planned_s = sampling.block_s
        return samples

    def block(self) -> Sample:
        """Time one block, from the state that training starts in.

        One that turns out short was sized while others disturbed the warm-up: what comes before
        and after its steps would be a part of their time. The next ones have more steps.
        """
        sample = self._take(self.size, self.planned_s)
        if sample.host_s < SHORT_SHARE * self.planned_s:
            self.size = max(timing.iterations_for(self.planned_s, sample), self.size)
        return sample

    def _take(self, iterations: int, planned_s: float = inf) -> Sample:
        """A block from the start state, after untimed steps, with what disturbed it.

        Compiling in any of them is an error: the first calls are over, and nothing counts it.
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
        seen = with_flags(sample, before, self.monitor, self.threads)
        self._assert_nothing_compiled_since(graphs)
        every = tuple(dict.fromkeys((*early, *seen.flags)))
        return replace(seen, lead_s=sample.started_s - began, flags=every)

    def _is_in_vain(self, before: Counters, flags: list[Flag], taken_s: float) -> bool:
        """Whether others disturb the block that has taken so long. flags: takes those it has."""
        so_far = Sample(iterations=1, host_s=taken_s, started_s=0.0)
        so_far = with_flags(so_far, before, self.monitor, self.threads)
        flags += so_far.flags
        return so_far.is_disturbed

    def _assert_nothing_compiled_since(self, graphs: int) -> None:
        if anew := count_graphs(self.backend) - graphs:
            counted = units.counted(anew, "graph")
            raise DlbenchError(f"compiled again after its first calls: {counted} more than before")

    def _lead_in(self, iterations: int) -> None:
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

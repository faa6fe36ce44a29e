"""Blocks of a prepared step: size, start state, lead-in, stretches, counters and flags.

The timed loop itself is in timing.py. It must not know any framework, nor the order of turns.
"""

import gc
from functools import partial
from itertools import accumulate
from math import inf

from msgspec.structs import replace

from dlbench import units
from dlbench.backends.base import Backend, Queue, Step, nothing
from dlbench.errors import DlbenchError
from dlbench.harness.wire import Timed
from dlbench.harness.worker import timing
from dlbench.harness.worker.card import NoCard, Watch
from dlbench.harness.worker.compiler import count_graphs
from dlbench.harness.worker.interference import Counters, Monitor, with_flags
from dlbench.harness.worker.queued import WAITS_ITSELF, Work, device_time
from dlbench.records.machine.device_time import Queued
from dlbench.records.measurement import RAMP, Flag, Sample, Stretch
from dlbench.records.plan import Sampling
from dlbench.stats.issue import ENOUGH_STEPS
from dlbench.stats.ramp import (
    FINE_S,
    FIRST_LOOK_S,
    LONGEST_LEAD_S,
    blocks_of,
    is_steady,
    ramp,
)

# Untimed steps where training begins. After a reset, the first steps copy the new weights and
# allocate memory again. Seen: 1.5 times as long for the first, 1.1 for the second.
STEPS_BEFORE = 1
STEPS_AFTER_RESET = 2

# After so many steps on one batch training begins anew: gradients that vanish become denormal
# numbers, which a CPU computes slowly.
MOST_STEPS = 1000

# A lead-in has about so many blocks: the record shows how the case gets up to speed in each turn,
# and stays small.
LEAD_IN_BLOCKS = 4

# The longest block that only tells who waits for whom: a step that takes longer is a device's work.
LONGEST_TOLD_S = 2.0

# A block below this share of its planned length is too short. Seen beside a competing process:
# blocks of a few steps were a fifth to a half slower per step than whole blocks of the same case.
SHORT_SHARE = 0.5


class Blocks:
    """The blocks of one prepared step.

    size: iterations of a block; planned_s: its length; fastest: sample of the warm-up; sync_s:
    seconds of a block without work. The warm-up sets them. ended_s: when the last block ended;
    graphs: of the backend when the present blocks began; steps: since training began, infinite
    where it has to begin anew; has_told: whether the device's part is known; card: watches the GPU.
    """

    def __init__(
        self,
        step: Step,
        backend: Backend,
        threads: int,
        monitor: Monitor,
        card: Watch | None = None,
    ) -> None:
        self.step, self.backend, self.threads, self.monitor = step, backend, threads, monitor
        self.card = card or NoCard()
        self.size, self.planned_s, self.sync_s = 1, inf, 0.0
        self.fastest = Sample(iterations=1, host_s=inf, started_s=0.0)
        self.ended_s = timing.now_s()
        self.graphs, self.steps, self.has_told = 0, inf, False

    def warm_up(self, sampling: Sampling, iterations: int | None) -> tuple[Sample, ...]:
        """Run until steady and choose the size of a block, or use `iterations` as its size.

        A block is longer than planned where it would hardly outlast a wait for the device.
        """
        gc.collect()
        gc.freeze()
        self.card.begin()
        if self.step.lead_in is not None:
            self.step.lead_in()  # may compile functions that the step does not use: no failure
        if iterations:
            samples: tuple[Sample, ...] = (self._alone(iterations, sampling.block_s),)
        else:
            samples = timing.warm_up(self._alone, sampling.block_s, sampling.warmup_s)
        self.sync_s = timing.empty_s(self.backend.device.wait)
        self.planned_s = max(sampling.block_s, timing.EMPTY_IN_A_BLOCK * self.sync_s)
        self.size = iterations or timing.block_size(self.planned_s, samples)
        self.fastest = min(samples, key=lambda sample: sample.step_s)
        return (*samples[:-1], self.card.in_full(samples[-1]))

    def stretch(self, longest_s: float) -> Stretch:
        """Time blocks without a pause until the speed is steady, or for `longest_s` seconds.

        Without blocks if a single step takes longer than the longest lead-in.
        """
        pause_s = timing.now_s() - self.ended_s
        if self.fastest.step_s > LONGEST_LEAD_S:
            return Stretch(pause_s, 0.0, is_steady=True, samples=())
        samples = self._until_steady(longest_s)
        ends_s = list(accumulate(sample.own_s for sample in samples))
        found = ramp(blocks_of(samples))
        lead_s = min(found.lead_s, LONGEST_LEAD_S)
        flagged = [
            _with_ramp(sample) if end_s <= lead_s else sample
            for sample, end_s in zip(samples, ends_s, strict=True)
        ]
        return Stretch(pause_s, lead_s, found.is_steady, tuple(flagged))

    def _until_steady(self, longest_s: float) -> list[Sample]:
        """Time fine blocks; look whether they are steady whenever the time has doubled."""
        samples, end_s, look_s = list[Sample](), 0.0, FIRST_LOOK_S
        fine_s = max(FINE_S, timing.EMPTY_IN_A_BLOCK * self.sync_s)
        self._begin()
        while end_s < longest_s:
            samples.append(self._next(timing.iterations_for(fine_s, self.fastest), fine_s))
            end_s += samples[-1].own_s
            if look_s <= end_s < longest_s:
                if is_steady(blocks_of(samples)):
                    break
                look_s *= 2
        return samples

    def alone(self, queue: Queue) -> tuple[Queued, tuple[Sample, ...]]:
        """Return the time of a step on the device alone, and a block that tells who waits for whom.

        There is no such block if all blocks have enough steps, or if so many take too long.
        """
        if self.step.lead_in is not None:
            return Queued(reason=WAITS_ITSELF), ()
        fastest, wait = self.fastest, self.backend.device.wait
        issue_s = (fastest.issued_s or 0.0) / fastest.iterations
        work = Work(self.step.run, self.get_ready, wait, issue_s, fastest.step_s)
        queued = device_time(work, queue)
        too_long = ENOUGH_STEPS * fastest.step_s > LONGEST_TOLD_S
        if self.size >= ENOUGH_STEPS or too_long:
            return queued, ()
        return queued, (self._alone(ENOUGH_STEPS),)

    def turn(self, lead_s: float, blocks: int) -> Timed:
        """Time a turn: a lead-in of so many seconds, then the blocks, without a pause."""
        self._begin()
        lead_ins = self._lead_in(lead_s)
        return Timed(tuple(self._block() for _ in range(blocks)), lead_ins)

    def _lead_in(self, seconds: float) -> tuple[Sample, ...]:
        """Run the step for so many seconds; return the blocks, with the flag `ramp`."""
        samples, spent_s = list[Sample](), 0.0
        block_s = max(seconds / LEAD_IN_BLOCKS, FINE_S)
        while spent_s < seconds:
            size = timing.iterations_for(block_s, self.fastest)
            samples.append(_with_ramp(self._next(size, block_s)))
            spent_s += samples[-1].own_s
        return tuple(samples)

    def _block(self) -> Sample:
        """Time one block that counts.

        A short block was sized in a disturbed warm-up: the overhead around its steps would count as
        their time. So the next blocks get more steps.
        """
        sample = self._next(self.size, self.planned_s)
        if sample.host_s < SHORT_SHARE * self.planned_s:
            self.size = max(timing.iterations_for(self.planned_s, sample), self.size)
        return sample

    def _alone(self, iterations: int, planned_s: float = inf) -> Sample:
        """Time one block that others neither precede nor follow."""
        self._begin()
        return self._next(iterations, planned_s)

    def _begin(self) -> None:
        """Begin blocks without a pause: collect garbage; the first starts where training starts."""
        gc.collect()
        self.graphs, self.steps = count_graphs(self.backend), inf

    def _next(self, iterations: int, planned_s: float) -> Sample:
        """Time the next block, as a user's loop goes on; training may have to begin anew before.

        Raises DlbenchError if anything is compiled: after the first calls, nothing would count it.
        """
        began = timing.now_s()
        if self.steps and self.steps + iterations > MOST_STEPS:
            self.get_ready()
            self.steps = 0
        sample = self._go_on(iterations, planned_s)
        self._assert_nothing_compiled_since(self.graphs)
        self.steps += sample.iterations
        return replace(sample, lead_s=sample.started_s - began)

    def _go_on(self, iterations: int, planned_s: float) -> Sample:
        """Time a block without anything before it; return it with counters and flags."""
        card, before, early = self.card.before(), self.monitor.before(), list[Flag]()
        in_vain = partial(self._is_in_vain, before, early)
        patience = timing.Patience(timing.LATE * planned_s, in_vain)
        wait = self.backend.device.wait
        sample = timing.block(self.step.run, wait, iterations, patience=patience)
        self.ended_s = timing.now_s()
        flagged = with_flags(sample, before, self.monitor, self.threads)
        flagged = self.card.after(flagged, card)
        return replace(flagged, flags=tuple(dict.fromkeys((*early, *flagged.flags))))

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

    def get_ready(self) -> None:
        """Reset the step, and run it untimed."""
        step = self.step
        step.reset()
        if step.lead_in is not None:
            step.lead_in()
            return
        for _ in range(STEPS_BEFORE if step.reset is nothing else STEPS_AFTER_RESET):
            step.run()


def _with_ramp(sample: Sample) -> Sample:
    return replace(sample, flags=(*sample.flags, RAMP))

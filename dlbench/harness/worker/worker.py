"""The process that computes: one framework, one setting, orders in, replies out.

Started by the supervisor as `python -P -m dlbench.harness.worker`. It decides nothing, and writes
only what a training is told to.
"""

import dataclasses
import gc
import os
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from dlbench import catalog, units
from dlbench.backends.base import Backend, Setting, Step, nothing
from dlbench.epoch_parity import assert_agreement
from dlbench.epochs import job_of
from dlbench.errors import DlbenchError, PlacementError, Unavailable, one_line
from dlbench.examples import EXAMPLES
from dlbench.harness import wire
from dlbench.harness.wire import Order, Reply
from dlbench.harness.worker import timing
from dlbench.harness.worker.compiler import FIRST_CALLS, Compiler, count_graphs, settle
from dlbench.harness.worker.interference import Counters, Witness, judged
from dlbench.harness.worker.training import Training
from dlbench.kinds import Bound, kind_named
from dlbench.model import DTYPES, Compiling, Flag, Sample, Target
from dlbench.passes import agreement

# Untimed steps before a block: after a switch of workers caches are cold and threads asleep, so a
# share of the block is run first. After a reset, steps copy what was just assigned and allocate
# what was freed. Seen: 1.5 times as long for the first, 1.1 for the second.
LEAD_IN_SHARE = 0.05
LEAD_IN_AFTER_RESET = 2

# A block is short below this share of the length that it should have. Seen beside a competing
# process: blocks of a few steps, whose steps were a fifth to a half slower than those of the same
# case in whole blocks.
SHORT_SHARE = 0.5


class Worker:
    """A started backend and the case that it holds."""

    def __init__(self) -> None:
        self.target: Target
        self.training: Training
        self.backend: Backend
        self.cases: dict[str, Bound] = {}
        self.iterations: dict[str, int] = {}
        self.block_s: dict[str, float] = {}
        self.compiler: Compiler | None = None
        self.trainings = 0
        self.witness = Witness()

    def carry_out(self, order: Order) -> Reply:
        """Do what the order says; any error becomes a Failed with its status."""
        try:
            return self._verb(order)(order)
        except Unavailable as error:
            return wire.Failed("skipped", str(error))
        except DlbenchError as error:
            return wire.Failed("failed", str(error))
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is recorded
            traceback.print_exc()
            return self._failed(error)

    def _verb(self, order: Order) -> Callable[..., Reply]:
        verbs: dict[type, Callable[..., Reply]] = {
            wire.Start: self.start,
            wire.Renew: self.renew,
            wire.Prepare: self.prepare,
            wire.Check: self.check,
            wire.WarmUp: self.warm_up,
            wire.Block: self.block,
            wire.Verify: self.verify,
            wire.WorkOut: self.work_out,
            wire.StartTraining: self.start_training,
            wire.TrainEpoch: self.train_epoch,
            wire.Predict: self.predict,
            wire.Release: self.release,
        }
        return verbs[type(order)]

    def _failed(self, error: Exception) -> wire.Failed:
        backend = getattr(self, "backend", None)
        no_memory = isinstance(error, MemoryError) or (
            backend is not None and backend.device.is_out_of_memory(error)
        )
        return wire.Failed("out_of_memory" if no_memory else "failed", one_line(error))

    def start(self, order: wire.Start) -> wire.Ready:
        """Import the framework, and see that it uses the threads it was told to."""
        gc.disable()  # an import makes few cycles, and looking for them takes a tenth of its time
        self.target = target = order.target
        setting = Setting(target.device, target.mode, target.dtype, target.threads, order.scratch)
        self.backend = catalog.load("backends", target.backend).start(setting)
        self._assert_threads()
        if order.mode_kind == "static":
            self.compiler = Compiler(self.backend, target, Path(order.scratch))
        gc.freeze()  # a framework's objects live on: they are not looked through before every block
        gc.enable()
        return wire.Ready(self._facts())

    def renew(self, order: wire.Renew) -> wire.Ready:  # noqa: ARG002
        """What a fresh copy of the process begins with: its own counters, and all threads."""
        self.witness = Witness()
        self._assert_threads()
        return wire.Ready(self._facts(), os.getpid())

    def _facts(self) -> dict[str, str | int | None]:
        return {**self.backend.device.facts(), **self.witness.facts()}

    def _assert_threads(self) -> None:
        target, threads = self.target, self.backend.device.threads()
        if threads not in (None, target.threads):
            raise PlacementError(
                f"{target.backend} was told to use {target.threads} threads and uses {threads}"
            )

    def prepare(self, order: wire.Prepare) -> wire.Prepared:
        """Bind, time the first calls, assert placement; in this order."""
        kind = kind_named(order.workload.kind)
        if self.compiler is not None:
            self.compiler.begin(order.case)
        bound = kind.bind(self.backend, self.target, order.workload, order.networks, order.seed)
        assert_placed(self.backend, self.target, bound.step.inputs)
        calls, compiling = self._first_calls(bound.step)
        assert_placed(self.backend, self.target, bound.step.tensors(bound.step.run()))
        self.backend.device.wait()
        self.cases[order.case] = bound
        return wire.Prepared(calls, compiling, bound.facts)

    def check(self, order: wire.Check) -> wire.Verified:
        """Parity with the oracle: after the first calls, or it would hide what compiling costs."""
        return wire.Verified(self.cases[order.case].check())

    def _first_calls(self, step: Step) -> tuple[tuple[float, ...], Compiling | None]:
        if self.compiler is not None:
            return self.compiler.first_calls(step)
        wait, calls = self.backend.device.wait, range(FIRST_CALLS)
        return tuple(timing.block(step.run, wait, 1).host_s for _ in calls), None

    def warm_up(self, order: wire.WarmUp) -> wire.Warm:
        """Run until steady, and choose how many iterations make a block, unless that is known."""
        step, sampling = self.cases[order.case].step, order.sampling
        gc.collect()
        gc.freeze()
        if step.lead_in is not None:
            step.lead_in()  # may compile what the step itself does not call, which is no failure
        if order.iterations:
            samples: tuple[Sample, ...] = (self._take(step, order.iterations, sampling.block_s),)
        else:
            take = partial(self._take, step)
            samples = timing.warm_up(take, sampling.block_s, sampling.warmup_s)
        size = order.iterations or timing.block_size(sampling.block_s, samples)
        self.iterations[order.case], self.block_s[order.case] = size, sampling.block_s
        return wire.Warm(samples)

    def block(self, order: wire.Block) -> wire.Timed:
        """Time one block, from the state that training starts in.

        One that turns out short was sized while others disturbed the warm-up: what comes before
        and after its steps would be a part of their time. The next ones have more steps.
        """
        case, planned_s = order.case, self.block_s[order.case]
        sample = self._take(self.cases[case].step, self.iterations[case], planned_s)
        if sample.host_s < SHORT_SHARE * planned_s:
            longer = timing.iterations_for(planned_s, sample)
            self.iterations[case] = max(longer, self.iterations[case])
        return wire.Timed(sample)

    def _take(self, step: Step, iterations: int, planned_s: float = inf) -> Sample:
        """A block from the start state, after untimed steps, with what disturbed it.

        Compiling in any of them is an error: the first calls are over, and nothing counts it.
        """
        began = timing.now_s()
        gc.collect()
        graphs = count_graphs(self.backend)
        self._lead_in(step, iterations)
        wait, device = self.backend.device.wait, self.backend.device.clock()
        before, early = self.witness.before(), list[Flag]()
        in_vain = partial(self._is_in_vain, before, early)
        patience = timing.Patience(timing.LATE * planned_s, in_vain)
        sample = timing.block(step.run, wait, iterations, device=device, patience=patience)
        seen = judged(sample, before, self.witness, self.target.threads)
        self._assert_nothing_compiled_since(graphs)
        every = tuple(dict.fromkeys((*early, *seen.flags)))
        return replace(seen, lead_s=sample.started_s - began, flags=every)

    def _is_in_vain(self, before: Counters, flags: list[Flag], taken_s: float) -> bool:
        """Whether others disturb the block that has taken so long. flags: takes those it has."""
        so_far = Sample(iterations=1, host_s=taken_s, started_s=0.0)
        so_far = judged(so_far, before, self.witness, self.target.threads)
        flags += so_far.flags
        return so_far.is_disturbed

    def _assert_nothing_compiled_since(self, graphs: int) -> None:
        if anew := count_graphs(self.backend) - graphs:
            counted = units.counted(anew, "graph")
            raise DlbenchError(f"compiled again after its first calls: {counted} more than before")

    def _lead_in(self, step: Step, iterations: int) -> None:
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

    def verify(self, order: wire.Verify) -> wire.Verified:
        """Check all that a network computes, then forget it."""
        optimizers, seed = order.optimizers, order.seed
        found = agreement(self.backend, self.target.dtype, order.network, optimizers, seed)
        self.backend.release()
        return wire.Verified(found)

    def work_out(self, order: wire.WorkOut) -> wire.WorkedOut:
        """A worked example of the lecture, by the backend."""
        return wire.WorkedOut(tuple(EXAMPLES[order.example].compute(self.backend).ravel().tolist()))

    def start_training(self, order: wire.StartTraining) -> wire.Ready:
        """Get a network ready for its first epoch."""
        self.backend.release()
        self.trainings += 1
        if self.compiler is not None:  # so that no training finds what another has compiled
            self.compiler.begin(f"training {self.trainings}")
        job = job_of(order.network, self.target, order.seed, synthetic_data=False)
        job = dataclasses.replace(job, tensorboard=order.tensorboard, checkpoint=order.checkpoint)
        assert_agreement(self.backend, self.target.dtype, job)
        settle(self.backend)
        self.training = Training(self.backend, job)
        assert_placed(self.backend, self.target, self.training.trainer.inputs())
        return wire.Ready()

    def train_epoch(self, order: wire.TrainEpoch) -> wire.EpochTrained:  # noqa: ARG002
        """One epoch of the training."""
        return wire.EpochTrained(self.training.epoch())

    def predict(self, order: wire.Predict) -> wire.Predicted:
        """What the trained network makes of some rows."""
        rows = np.array(order.rows, np.float32)
        outputs = self.training.predict(rows.reshape(-1, *self.training.network.inputs))
        if not np.isfinite(outputs).all():
            raise DlbenchError("the trained network predicts what is no finite number")
        return wire.Predicted(tuple(map(tuple, outputs.astype(float).tolist())))

    def release(self, order: wire.Release) -> wire.Ready:
        """Free what the case holds."""
        self.cases.pop(order.case, None)
        self.iterations.pop(order.case, None)
        self.block_s.pop(order.case, None)
        self.backend.release()
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # what is left is the framework's: the next case need not look through it again
        return wire.Ready()


def assert_placed(backend: Backend, target: Target, tensors: Mapping[str, Any]) -> None:
    """Raise PlacementError unless every tensor is where the target says, in its dtype."""
    device = "cuda:0" if target.device == "cuda" else target.device
    for name, tensor in tensors.items():
        place, dtype = backend.device.place(tensor)
        is_label = dtype.startswith("int")
        storage = DTYPES[target.dtype].storage
        if place != device or (dtype != storage and not is_label):
            raise PlacementError(
                f"{name} is a {dtype} on {place}; the case says {storage} on {device}"
            )

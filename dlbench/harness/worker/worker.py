"""A worker: carries out orders with one framework in one setting.

It decides nothing, and writes no file but those of a training.
"""

import gc
import os
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from dlbench.backends.base import Backend, Step
from dlbench.errors import DlbenchError, Unavailable, one_line
from dlbench.harness import wire
from dlbench.harness.wire import Order, Reply
from dlbench.harness.worker import card, timing
from dlbench.harness.worker.blocks import Blocks
from dlbench.harness.worker.compiler import FIRST_CALLS, Compiler
from dlbench.harness.worker.gauges import gauge
from dlbench.harness.worker.interference import Monitor
from dlbench.harness.worker.memory import CaseMemory
from dlbench.harness.worker.setup import (
    assert_card,
    assert_placed,
    assert_threads,
    probe,
    start,
)
from dlbench.harness.worker.training import Trainings
from dlbench.harness.worker.verification import verify, work_out
from dlbench.parity.precision import assert_tf32
from dlbench.records.case import Target
from dlbench.records.machine.device_time import DeviceTime
from dlbench.records.measurement import Compiling, Sample
from dlbench.reference.arrays import cast
from dlbench.workloads.base import Bound, kind_named

# Rows and columns of the product that starts a process: enough for a GPU's library of products.
START_SIZE = 64


class Worker:
    """Starts one backend and carries out orders with it; every error becomes a reply."""

    def __init__(self) -> None:
        self.monitor = Monitor()
        self.session: Session | None = None

    def carry_out(self, order: Order) -> Reply:
        """Carry out an order; return a Failed on any error."""
        try:
            return self._reply(order)
        except Unavailable as error:
            return wire.Failed("skipped", str(error))
        except DlbenchError as error:
            return wire.Failed("failed", str(error))
        except Exception as error:  # noqa: BLE001 - whatever a framework raises is recorded
            traceback.print_exc()
            return self._failed(error)

    def _reply(self, order: Order) -> Reply:
        if isinstance(order, wire.Start):
            return self._start(order)
        if isinstance(order, wire.Probe):
            return wire.Probed(probe(order.backend))
        if self.session is None:
            raise DlbenchError("no backend has been started")
        return self.session.verbs[type(order)](order)

    def _failed(self, error: Exception) -> wire.Failed:
        no_memory = isinstance(error, MemoryError) or (
            self.session is not None and self.session.backend.device.is_out_of_memory(error)
        )
        return wire.Failed("out_of_memory" if no_memory else "failed", one_line(error))

    def _start(self, order: wire.Start) -> wire.Ready:
        """Start the backend, which imports its framework."""
        gc.disable()  # garbage collection takes a tenth of an import, and finds little
        backend, compiler = start(order.target, order.scratch), None
        if order.mode_kind == "static":
            compiler = Compiler(backend, order.target, Path(order.scratch))
        assert_card(backend, order.card)
        self.session = Session(backend, order.target, compiler, self.monitor)
        self.session.card = card.watch(order.card)
        gc.freeze()  # a framework's objects live on: no collection before a block need check them
        gc.enable()
        return self.session.ready()


class Session:
    """A started backend and its prepared cases. compiler: None in a dynamic mode."""

    def __init__(
        self, backend: Backend, target: Target, compiler: Compiler | None, monitor: Monitor
    ) -> None:
        self.backend, self.target, self.compiler = backend, target, compiler
        self.monitor, self.memory = monitor, CaseMemory(backend)
        self.card: card.Watch = card.NoCard()
        self.start_s: float | None = None
        self.is_proven = False
        self.cases: dict[str, Bound] = {}
        self.blocks: dict[str, Blocks] = {}
        trainings = Trainings(backend, target, compiler, monitor)
        self.verbs: dict[type, Callable[..., Reply]] = {
            wire.Renew: self.renew,
            wire.Prepare: self.prepare,
            wire.Check: self.check,
            wire.WarmUp: self.warm_up,
            wire.Sustain: self.sustain,
            wire.Turn: self.turn,
            wire.Release: self.release,
            wire.Verify: self.verify,
            wire.WorkOut: partial(work_out, backend),
            wire.StartTraining: trainings.start,
            wire.TrainEpoch: trainings.epoch,
            wire.Predict: trainings.predict,
            wire.Gauge: partial(gauge, backend, monitor),
        }

    def ready(self, process: int | None = None) -> wire.Ready:
        """Return the facts of the backend and of the counters."""
        facts = {**self.backend.device.facts(), **self.monitor.facts(), **self.card.facts()}
        return wire.Ready(facts, process)

    def renew(self, order: wire.Renew) -> wire.Ready:  # noqa: ARG002
        """Begin as a fresh copy of the process: open its own counters, check its threads."""
        self.monitor = Monitor()
        self.monitor.adopt()
        assert_threads(self.backend, self.target)
        return self.ready(os.getpid())

    def prepare(self, order: wire.Prepare) -> wire.Prepared:
        """Bind the workload, time its first calls, then check the placement of its tensors."""
        kind = kind_named(order.workload.kind)
        if self.compiler is not None:
            self.compiler.begin(order.case)
        elif self.start_s is None:
            self.start_s = self._start_computing()
        self.memory.begin()
        bound = kind.bind(self.backend, self.target, order.workload, order.networks, order.seed)
        assert_placed(self.backend, self.target, bound.step.inputs)
        memory = self.memory.peak()  # the first calls of a static mode begin anew
        calls, compiling = self._first_calls(bound.step)
        assert_placed(self.backend, self.target, bound.step.tensors(bound.step.run()))
        self.backend.device.wait()
        self.monitor.adopt()  # compilers start programs at the first calls
        self.cases[order.case] = bound
        memory = memory.most(self.memory.peak())
        return wire.Prepared(calls, compiling, bound.facts, self.start_s, memory)

    def check(self, order: wire.Check) -> wire.Verified:
        """Compare with the oracle; before the first calls it would hide the cost of compiling."""
        self._prove_precision()
        case = self.cases[order.case]
        return wire.Verified(case.check(), case.twin())

    def verify(self, order: wire.Verify) -> wire.Verified:
        """Compare all results of a network with the oracle, untimed."""
        self._prove_precision()
        return verify(self.backend, self.target.dtype, order)

    def _prove_precision(self) -> None:
        """Raise Unavailable if TF32 was asked for and is not computed; once in a process."""
        if self.target.dtype == "tf32" and not self.is_proven:
            assert_tf32(self.backend)
        self.is_proven = True

    def _start_computing(self) -> float:
        """Compute a small product twice; return how much longer the first one takes, in seconds.

        That is what a process pays once: contexts, libraries and threads. Without it, the first
        calls of the first case would pay. It is not timed at the start of the worker, as other
        workers start at the same time.
        """
        operand = cast(np.ones((START_SIZE, START_SIZE), np.float32), self.target.dtype)

        def product() -> None:
            self.backend.matmul(operand, operand).run()

        wait = self.backend.device.wait
        first, second = (timing.block(product, wait, 1).host_s for _ in range(2))
        return max(0.0, first - second)

    def _first_calls(self, step: Step) -> tuple[tuple[float, ...], Compiling | None]:
        if self.compiler is not None:
            return self.compiler.first_calls(step)
        wait, calls = self.backend.device.wait, range(FIRST_CALLS)
        return tuple(timing.block(step.run, wait, 1).host_s for _ in calls), None

    def warm_up(self, order: wire.WarmUp) -> wire.Warm:
        """Run until steady; in a renewed worker, run one block."""
        step = self.cases[order.case].step
        blocks = Blocks(step, self.backend, self.target.threads, self.monitor, self.card)
        self.memory.begin()
        samples = blocks.warm_up(order.sampling, order.iterations)
        self.blocks[order.case] = blocks
        return wire.Warm(samples, self.memory.peak())

    def sustain(self, order: wire.Sustain) -> wire.Sustained:
        """Time blocks without a pause until the speed is steady; at first also the device alone."""
        blocks = self.blocks[order.case]
        stretch = blocks.stretch(order.longest_s)
        device, told = self._device_part(blocks)
        return wire.Sustained(stretch, device, told)

    def _device_part(self, blocks: Blocks) -> tuple[DeviceTime | None, tuple[Sample, ...]]:
        """Return what is known of the device, and a block that tells more; once for each case."""
        if blocks.has_told:
            return None, ()
        blocks.has_told = True
        queue = self.backend.device.queue()
        if queue is None:
            return DeviceTime(blocks.sync_s), ()
        queued, told = blocks.alone(queue)
        return DeviceTime(blocks.sync_s, queued), told

    def turn(self, order: wire.Turn) -> wire.Timed:
        """Run the lead-in of a turn, then time its blocks."""
        return self.blocks[order.case].turn(order.lead_s, order.blocks)

    def release(self, order: wire.Release) -> wire.Ready:
        """Free the memory of a case."""
        self.cases.pop(order.case, None)
        self.blocks.pop(order.case, None)
        self.backend.release()
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # the other objects belong to the framework: the next case need not check them
        return wire.Ready()

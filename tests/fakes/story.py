"""A plan measured with scripted workers and a fake clock, with a journal of all orders.

In a story the workloads are `matmul/1`, `matmul/2` and so on, and a target is its backend; a case
that is finished stands in the journal as `matmul/1 on torch is ok`.
"""

import pytest

from dlbench.harness import wire
from dlbench.harness.supervisor.run import Supervisor
from dlbench.records.case import Case, Group, Target, Work, Workload
from dlbench.records.measurement import Measurement, Progress
from dlbench.records.plan import Plan, Sampling
from fakes.workers import Dies, Stable

CRASH = Dies(wire.Failed("failed", "the worker process died with signal 11"))
HANGS = Dies(wire.Failed("timed_out", "no answer within 5 s"))
RAISES = wire.Failed("failed", "ValueError: shapes do not match")
WRONG_LOSS = "wrong result: relative error of 0.75 in the loss (allowed: 0.5)"
NO_MEMORY = wire.Failed("out_of_memory", "MemoryError: 8 EiB")


def target(backend):
    return Target(backend, "cpu", "eager", "float32", threads=1)


def case(size, backend, skip=None, *, null=False):
    workload = Workload("matmul", {"size": size}, Work(flops=2, elements=3))
    return Case(workload, target(backend), "dynamic", skip, null)


def group(size, *backends, null=None, nulls=()):
    """A row; null: the backend of its null, nulls: those of its generations in turn."""
    cases = tuple(case(size, backend) for backend in backends)
    copied = [*nulls, *filter(None, [null])]
    cycle = tuple((case(size, backend, null=True),) for backend in copied)
    return Group(case(size, "any").workload, cases, nulls=cycle)


def plan(*groups, **sampling):
    known = {"generations": 1, "blocks": 2, "case_s": 1000.0, "timeout_s": 5.0}
    return Plan("story", 7, Sampling(**{**known, **sampling}), networks={}, groups=groups)


class Story:
    """A plan measured to its end, or to the exception that it is told to expect."""

    def __init__(self, plan, stable=None, ends_with=None, **options):
        self.stable = stable or Stable()
        self.plan, self.events = plan, []
        clock = self.stable.clock.seconds
        self.supervisor = Supervisor(plan, self.stable.launch, clock, **options)
        if ends_with:
            with pytest.raises(ends_with):
                self.watch()
        else:
            self.watch()

    def watch(self):
        for event in self.supervisor.measure():
            self.events.append(event)
            if isinstance(event, Measurement):
                self.journal.append(f"{short(event.case)} is {event.status}")

    @property
    def journal(self):
        return self.stable.journal

    @property
    def measurements(self):
        return [event for event in self.events if isinstance(event, Measurement)]

    @property
    def progress(self):
        return [event for event in self.events if isinstance(event, Progress)]

    def of(self, size, backend):
        (found,) = [m for m in self.measurements if m.case == case(size, backend).id]
        return found

    def outcomes(self):
        return {short(m.case): m.status for m in self.measurements}

    def launched(self):
        return [worker.target.backend for worker in self.stable.workers]

    def told(self, backend, tag):
        return [entry for entry in self.journal if entry.startswith(f"{backend}: {tag}")]


def short(case_id):
    kind, size, backend, *_ = case_id.split("/")
    return f"{kind}/{size} on {backend}"


def stable(**scripts):
    return Stable(scripts)


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]

"""Orders to a worker with a fake backend, and a monitor with given counters."""

import numpy as np

from dlbench.harness import wire
from dlbench.harness.worker.interference import Counters
from dlbench.records.case import Target, Work, Workload
from dlbench.records.plan import Sampling
from fakes.backend import Tensor

TARGET = Target("fake", "cpu", "eager", "float32", 2)
START = wire.Start(TARGET, "/scratch")
WORKLOAD = Workload("matmul", {"m": 4, "n": 3, "k": 2}, Work(48, 26))
CASE = "matmul/4x3x2"
PREPARE = wire.Prepare(CASE, WORKLOAD, {}, seed=0)
WARM_UP = wire.WarmUp(CASE, Sampling(block_s=4.0, warmup_s=100.0))
CHECK = wire.Check(CASE)
TURN = wire.Turn(CASE, lead_s=0.0, blocks=1)
SUSTAIN = wire.Sustain(CASE, longest_s=100.0)
RELEASE = wire.Release(CASE)


class ToldMonitor:
    """Sees nothing but what it is told: what others take of every block."""

    cores, resolution_s = 2, 0.0

    def __init__(self):
        self.seen = Counters(0.0, 0.0, 0.0, 0.0, 0.0, 0)
        self.foreign_s = self.throttled_s = 0.0

    def adopt(self):
        """It has started no program."""

    def before(self):
        return self.seen

    def after(self):
        self.seen = self.seen._replace(
            busy_s=self.seen.busy_s + self.foreign_s,
            waited_s=self.seen.waited_s + self.foreign_s,
            throttled_s=self.seen.throttled_s + self.throttled_s,
        )
        return self.seen

    def facts(self):
        return {"busy_clock": "told"}


def on(device, dtype="float32", shape=()):
    return Tensor(np.zeros(shape, dtype), device)


def to(**target):
    fields = {name: getattr(TARGET, name) for name in TARGET.__struct_fields__}
    return wire.Start(Target(**{**fields, **target}), "/scratch")

"""Large plans and runs of known truth: so many workloads, each on the same few targets."""

from collections import deque

import numpy as np
from msgspec.structs import replace

from dlbench.records.case import Case, Group, Work, Workload
from dlbench.records.measurement import Compiling, Measurement, Sample
from dlbench.records.plan import Plan
from dlbench.results.folder import Results
from fakes.runs import COMPILED, NUMPY, TORCH, case, plan_of
from fakes.samples import turns
from fakes.workers import Stable

XLA = replace(COMPILED, backend="tensorflow", mode="xla")

# The seconds of a step: of targets that differ, a compiled twin, and one too close to rank.
STEP_S = {NUMPY: 1.0e-3, TORCH: 1.3e-3, COMPILED: 1.0e-3, XLA: 1.01e-3}
COLD_S, WARM_S = 0.5, 0.1
ROUNDS = 12

WORK = Work(flops=2_000, elements=300, samples=None)


def product(number: int) -> Workload:
    """A product of another size for every number."""
    return Workload("matmul", {"m": number, "n": 8, "k": 8}, WORK)


def group(number: int) -> Group:
    """A row of all targets, with a null of the first."""
    cases = tuple(case(product(number), target) for target in STEP_S)
    return Group(cases[0].workload, cases, nulls=((replace(cases[0], null=True),),))


def plan(workloads: int, generations: int = 1, blocks: int = ROUNDS) -> Plan:
    """A plan of so many rows, each case with so many blocks."""
    groups = tuple(group(number) for number in range(1, workloads + 1))
    made = plan_of([], groups=groups)
    sampling = replace(made.sampling, generations=generations, blocks=blocks, case_s=1000.0)
    return replace(made, sampling=sampling)


def results(workloads: int, generations: int = 1, *, first: int = 0) -> Results:
    """A run of so many workloads, or its generations from `first` on.

    In some rounds, other programs disturb one of the targets.
    """
    told = [(product(number), STEP_S) for number in range(1, workloads + 1)]
    known = {"rounds": ROUNDS, "common": 0.01, "luck": 0.005, "change": {XLA: _sometimes_busy}}
    found = turns(*told, generations=generations, seed=first, **known)
    cases = {one.id: one for row in found.run.plan.groups for one in row.live}
    lines = tuple(_compiled(_later(one, first), cases[one.case]) for one in found.measurements)
    return replace(found, measurements=lines)


def _sometimes_busy(sample: Sample) -> Sample:
    return replace(sample, flags=("busy",)) if sample.round % 11 == 10 else sample


def _later(one: Measurement, first: int) -> Measurement:
    """The measurement as one of a later generation."""
    number = one.generation + first
    samples = (replace(sample, generation=number) for sample in one.samples)
    return replace(one, generation=number, samples=tuple(samples)) if first else one


def _compiled(one: Measurement, of: Case) -> Measurement:
    """The measurement, with what compiling took if the mode is static."""
    if of.mode_kind == "dynamic":
        return one
    is_warm = one.generation % 2 == 1
    seconds = (WARM_S if is_warm else COLD_S) * (1 + 0.01 * (of.workload.params["m"] % 7))
    compiling = Compiling("warm" if is_warm else "cold", 0.2, (0, 1, 1))
    return replace(one, calls_s=(seconds, STEP_S[of.target]), compiling=compiling)


class Noisy(Stable):
    """Workers with which nothing is wrong, whose blocks scatter by a percent; nothing is noted."""

    def __init__(self) -> None:
        super().__init__()
        self.random = np.random.default_rng(0)
        self.journal = self.timeouts = deque(maxlen=0)

    def sample(self) -> Sample:
        host_s = self.block_s * (1 + 0.01 * self.random.standard_normal())
        return Sample(iterations=10, host_s=host_s, started_s=self.clock.seconds())

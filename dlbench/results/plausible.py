"""What no type can say of a stored record: parts that must fit each other, for files of strangers.

Whatever gets through here, analysis and reports can compute with.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from dlbench.records.case import Group, Workload
from dlbench.records.measurement import Measurement, Sample
from dlbench.records.own import Twin
from dlbench.records.run import Run
from dlbench.records.training import TrainingResult

# No clock of a computer tells shorter times; the reciprocal of such a one would be infinite.
LEAST_S = 1e-12

# More work is never done; a float holds the number.
MOST_WORK = 10**30

# What tells the networks of users' own files apart (own/proof.py).
OWN_PARAMETERS = {"network", "batch"}


def faults_of_run(run: Run) -> Iterator[str]:
    """Yield what is wrong with a plan, in words."""
    for workload in chain.from_iterable(_workloads(group) for group in run.plan.groups):
        work = workload.work
        if max(work.flops, work.elements, work.samples or 0) > MOST_WORK:
            yield f"the work of {workload.id} is larger than {MOST_WORK:.0e}"
        if workload.own is not None and not workload.params.keys() >= OWN_PARAMETERS:
            yield f"{workload.id}, of a file of the user's own, has no network or no batch"


def _workloads(group: Group) -> list[Workload]:
    return [group.workload, *(case.workload for case in group.live)]


def faults_of_measurements(measurements: Iterable[Measurement]) -> Iterator[str]:
    """Yield what is wrong with measurements, in words."""
    for one in measurements:
        if any(0 < sample.host_s < LEAST_S for sample in _samples(one)):
            yield f"a sample of {one.case} is shorter than {LEAST_S:g} s"
        queued = one.device.queued if one.device else None
        if queued and 0 < (queued.seconds or 0.0) < LEAST_S:
            yield f"the device time of {one.case} is shorter than {LEAST_S:g} s"
        if one.twin is not None:
            yield from _faults_of_twin(one.twin, one.case)


def _faults_of_twin(twin: Twin, case: str) -> Iterator[str]:
    if any(len(layer.gradients) != len(layer.shapes) for layer in twin.layers):
        yield f"the twin of {case} has not one gradient for each weight"
    if twin.parameters > MOST_WORK:
        yield f"the number of parameters of {case} is larger than {MOST_WORK:.0e}"


def _samples(one: Measurement) -> Iterator[Sample]:
    stretches = (stretch.samples for stretch in one.stretches)
    return chain(one.warmup, one.samples, one.lead_ins, *stretches)


def faults_of_trainings(results: Iterable[TrainingResult]) -> Iterator[str]:
    """Yield what is wrong with trainings, in words."""
    for one in results:
        if one.status == "ok" and not one.epochs:
            yield f"a training of {one.target.id} went well without an epoch"

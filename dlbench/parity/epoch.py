"""A loop over the training data against the oracle: its first step, and its first few batches.

It must not know any framework, nor how a loop is timed.
"""

from dataclasses import replace as changed

import numpy as np
from msgspec.structs import replace

from dlbench.backends.base import Backend, TrainingJob
from dlbench.errors import DlbenchError
from dlbench.parity import oracle
from dlbench.parity.oracle import Expected, Oracle
from dlbench.records.base import DTYPES
from dlbench.records.layers import SGD
from dlbench.records.measurement import ParityCheck
from dlbench.records.network import without_dropout
from dlbench.reference.arrays import Array, Weights, upcast
from dlbench.reference.kinks import magnitudes
from dlbench.reference.mlp import MLP

# A loop is checked on whole batches and half of one.
CHECKED_BATCHES = 3.5


# And with plain SGD: adaptive optimizers make a whole step of a gradient that is nothing but
# rounding. Their own first step is checked on one batch.
CHECKED_WITH = SGD(lr=0.01)


def check(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    """One step with the network's own optimizer, and an epoch of few batches in their order."""
    calm = changed(job, network=without_dropout(job.network), shuffle=False)
    size = job.network.batch
    few = changed(
        calm.first(round(CHECKED_BATCHES * size)),
        network=replace(calm.network, optimizer=CHECKED_WITH),
    )
    return (*_one_step(backend, dtype, calm.first(size)), *_some_steps(backend, dtype, few))


def _trained(backend: Backend, job: TrainingJob) -> tuple[Array, Weights]:
    """Loss and weights after an epoch."""
    trainer = backend.trainer(job)
    loss = np.array(trainer.epoch())
    backend.device.wait()
    return loss, {name: backend.device.array(weight) for name, weight in trainer.weights().items()}


def _one_step(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    loss, weights = _trained(backend, job)
    got = {"loss": loss, **{f"weight/{name}": weight for name, weight in weights.items()}}
    return Oracle(job.network, job, dtype).compare("train_step", got)


def _some_steps(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    """How far the weights move, and the loss; every step adds its rounding to those before."""
    loss, weights = _trained(backend, job)
    longest = max(job.network.batch, int(np.prod(job.network.inputs)))
    tolerance = oracle.relative_tolerance(dtype, longest)
    moved = {f"epoch: {n}": upcast(w) - upcast(job.weights[n]) for n, w in weights.items()}
    expected = _exactly(job, tolerance, DTYPES[DTYPES[dtype].storage].eps)
    return oracle.check(expected, {"epoch: loss": loss, **moved}, tolerance)


def _exactly(job: TrainingJob, tolerance: float, eps: float) -> dict[str, Expected]:
    """The same by the oracle, in float64.

    A movement may be off by what the gradients round by, which is that of their terms (a bias
    before batch norm moves by nothing else), and by what the weight itself rounds by.
    """
    start = {name: upcast(weight) for name, weight in job.weights.items()}
    mlp = MLP(job.network, {name: weight.copy() for name, weight in start.items()})
    x, y, size = upcast(job.x), upcast(job.y), job.network.batch
    total = 0.0
    slack = {name: np.zeros_like(weight) for name, weight in start.items()}
    for first in range(0, len(x), size):
        rows = slice(first, first + size)
        total += float(mlp.train_step(x[rows], y[rows])) * len(x[rows])
        for name, terms in magnitudes(mlp).items():
            rounding = eps * np.abs(mlp.weights[name])
            slack[name] += tolerance * job.network.optimizer.lr * terms + rounding
    moved = {
        f"epoch: {name}": Expected(weight - start[name], slack[name])
        for name, weight in mlp.weights.items()
    }
    return {"epoch: loss": Expected(np.array(total / len(x))), **moved}


def assert_agreement(backend: Backend, dtype: str, job: TrainingJob) -> None:
    """Raise DlbenchError unless the loop computes what the oracle does, on its first batches."""
    calm = changed(job, tensorboard=None, checkpoint=None)
    for quantity in check(backend, dtype, calm):
        if not quantity.passed:
            raise DlbenchError(f"wrong result: {quantity.fault}")

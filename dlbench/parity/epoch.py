"""Parity of a training loop: compares its first step and first few batches with the oracle.

It must not know any framework, nor any clock.
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

# The number of batches in a check, with half a batch at the end.
CHECKED_BATCHES = 3.5

# The optimizer of these batches: adaptive ones turn the mere rounding of a gradient into a whole
# step. Their own first step is checked on one batch.
CHECKED_WITH = SGD(lr=0.01)


def check(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    """Check one step with the network's own optimizer, and a short epoch without shuffling."""
    calm = changed(job, network=without_dropout(job.network), shuffle=False)
    size = job.network.batch
    few = changed(
        calm.first(round(CHECKED_BATCHES * size)),
        network=replace(calm.network, optimizer=CHECKED_WITH),
    )
    return (*_one_step(backend, dtype, calm.first(size)), *_some_steps(backend, dtype, few))


def _train(backend: Backend, job: TrainingJob) -> tuple[Array, Weights]:
    """Train for one epoch; return the loss and the weights after it."""
    trainer = backend.trainer(job)
    loss = np.array(trainer.epoch())
    backend.device.wait()
    return loss, {name: backend.device.array(weight) for name, weight in trainer.weights().items()}


def _one_step(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    """Check the loss and the weights after one step."""
    loss, weights = _train(backend, job)
    got = {"loss": loss, **{f"weight/{name}": weight for name, weight in weights.items()}}
    return Oracle(job.network, job, dtype).compare("train_step", got)


def _some_steps(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    """Check the loss and the movement of the weights; rounding adds up over the steps."""
    loss, weights = _train(backend, job)
    longest = max(
        int(np.prod(job.network.inputs)), *oracle.longest_sums(job.network, job.network.batch)
    )
    tolerance = oracle.relative_tolerance(dtype, longest, oracle.ROUNDINGS_OF_A_NETWORK)
    moved = {f"epoch: {n}": upcast(w) - upcast(job.weights[n]) for n, w in weights.items()}
    expected = _expected(job, tolerance, DTYPES[DTYPES[dtype].storage].eps)
    return oracle.check(expected, {"epoch: loss": loss, **moved}, tolerance)


def _expected(job: TrainingJob, tolerance: float, eps: float) -> dict[str, Expected]:
    """Return the oracle's loss and movements in float64, with their slack.

    The slack of a movement is the rounding of the gradients' terms (a bias before batch norm moves
    by nothing else) and of the weight itself.
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
    """Raise DlbenchError if the loop and the oracle disagree on the first batches."""
    calm = changed(job, tensorboard=None, checkpoint=None)
    for quantity in check(backend, dtype, calm):
        if not quantity.passed:
            raise DlbenchError(f"wrong result: {quantity.fault}")

"""A network's whole training data, gone over once, in any of the loops of a backend.

Drawing the order of the rows and putting them into batches is a part of what is timed, in every
loop alike. It must not know any framework.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace as changed
from typing import Final

import numpy as np
from msgspec.structs import replace

from dlbench import catalog, flops, parity, splits, synthetic
from dlbench.arrays import STORAGE, Array, Weights, cast, upcast
from dlbench.backends.base import Backend, Step, TrainingJob
from dlbench.errors import UsageError
from dlbench.kinds import Axes, Bound, Networks, Params
from dlbench.layers import SGD, Network, without_dropout
from dlbench.model import Declaration, ParityCheck, Target, Work, Workload
from dlbench.options import choices
from dlbench.parity import Expected
from dlbench.passes import Oracle, Problem
from dlbench.reference.initial import initial_weights
from dlbench.reference.kinks import magnitudes
from dlbench.reference.mlp import MLP

# What may be written at the end of an epoch, by the word of the axis.
CALLBACKS: Final[dict[str, tuple[str, ...]]] = {
    "none": (),
    "tensorboard": ("tensorboard",),
    "checkpoint": ("checkpoint",),
    "both": ("tensorboard", "checkpoint"),
}

# What every loop does within the timed region; what one does besides is its trainer's `set_up`.
TIMED = ("draw an order", "put rows into batches", "training steps", "fetch the mean loss")

# A loop is checked on whole batches and half of one.
CHECKED_BATCHES = 3.5
# And with plain SGD: adaptive optimizers make a whole step of a gradient that is nothing but
# rounding. Their own first step is checked on one batch.
CHECKED_WITH = SGD(lr=0.01)


class Epoch:
    """One pass over the training data; loops and callbacks are ways to make it."""

    axes: tuple[str, ...] = ("network", "batch", "loop", "callbacks")

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Every network at every batch size; those without data only where they are named."""
        with_data = [name for name, one in networks.items() if one.dataset != synthetic.RANDOM]
        for name in axes.get("network", with_data):
            network = networks[str(name)]
            for batch in axes.get("batch", [network.batch]):
                yield {"network": network.name, "batch": batch}

    def work(self, params: Params, networks: Networks) -> Work:
        """That of the training steps."""
        network = networks[str(params["network"])]
        return flops.epoch(network, rows_of(network), int(params["batch"]))

    def held(self, params: Params, networks: Networks) -> int:
        """The data, and a copy of it in another order."""
        network = networks[str(params["network"])]
        return 2 * rows_of(network) * int(np.prod(network.inputs))

    def variants(self, target: Target, declared: Declaration, axes: Axes) -> Iterator[Target]:
        """Every loop that the backend has, with all callbacks asked for."""
        asked = choices("callbacks", map(str, axes.get("callbacks", ["none"])), list(CALLBACKS))
        for loop in declared.loops:
            if loop in axes.get("loop", [loop]):
                for callbacks in map(CALLBACKS.__getitem__, asked):
                    yield replace(target, loop=loop, callbacks="+".join(callbacks))

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """The network with seeded weights, on all of its training data."""
        batch = int(workload.params["batch"])
        network = replace(networks[str(workload.params["network"])], batch=batch)
        job = job_of(network, target, seed, synthetic_data=workload.synthetic)
        trainer = backend.trainer(
            changed(
                job,
                tensorboard=_folder("tensorboard", target),
                checkpoint=_folder("checkpoint", target),
            )
        )
        step = Step(
            run=trainer.epoch,
            tensors=lambda _: trainer.weights(),
            inputs=trainer.inputs(),
            reset=trainer.reset,
            lead_in=trainer.lead_in,
        )
        timed = [*trainer.set_up, *TIMED, *filter(None, target.callbacks.split("+"))]
        facts: dict[str, str | int | None] = {
            "rows": len(job.x),
            "steps": flops.batches(len(job.x), batch),
            "timed": ", ".join(timed),
        }
        return Bound(step, lambda: check(backend, target.dtype, job), facts)


def _folder(callback: str, target: Target) -> str | None:
    """In the worker's folder for temporary files, which goes with it."""
    return tempfile.mkdtemp() if callback in target.callbacks.split("+") else None


def rows_of(network: Network) -> int:
    """How many rows of training data the network has."""
    if network.dataset == synthetic.RANDOM:
        raise UsageError(
            "an epoch goes over a data set, and there is none for the network",
            value=network.name,
            hint="Give it a dataset, or measure train_step",
        )
    return int(catalog.declaration("datasets", network.dataset, dict)["train_rows"])


def job_of(network: Network, target: Target, seed: int, *, synthetic_data: bool) -> TrainingJob:
    """All training data and the start weights, drawn alike for all backends."""
    if synthetic_data:
        x, y = synthetic.batch(network, rows_of(network), seed)
    else:
        split: splits.Split = catalog.load("datasets", network.dataset).load(seed)
        x, y = split.x_train, split.y_train
    weights = initial_weights(network, seed)
    return TrainingJob(
        network=network,
        weights={name: cast(weight, target.dtype) for name, weight in weights.items()},
        x=cast(x, target.dtype),
        y=cast(y, target.dtype),
        loop=target.loop,
        seed=seed,
    )


def check(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    """One step with the network's own optimizer, and an epoch of few batches in their order."""
    calm = changed(job, network=without_dropout(job.network), shuffle=False)
    size = job.network.batch
    few = changed(
        _first(calm, round(CHECKED_BATCHES * size)),
        network=replace(calm.network, optimizer=CHECKED_WITH),
    )
    return (*_one_step(backend, dtype, _first(calm, size)), *_some_steps(backend, dtype, few))


def _first(job: TrainingJob, rows: int) -> TrainingJob:
    return changed(job, x=job.x[:rows], y=job.y[:rows])


def _trained(backend: Backend, job: TrainingJob) -> tuple[Array, Weights]:
    """Loss and weights after an epoch."""
    trainer = backend.trainer(job)
    loss = np.array(trainer.epoch())
    backend.wait()
    return loss, {name: backend.array(weight) for name, weight in trainer.weights().items()}


def _one_step(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    loss, weights = _trained(backend, job)
    problem = Problem(job.network, dict(job.weights), job.x, job.y)
    got = {"loss": loss, **{f"weight/{name}": weight for name, weight in weights.items()}}
    return Oracle(job.network, problem, dtype).compare("train_step", got)


def _some_steps(backend: Backend, dtype: str, job: TrainingJob) -> tuple[ParityCheck, ...]:
    """How far the weights move, and the loss; every step adds its rounding to those before."""
    loss, weights = _trained(backend, job)
    longest = max(job.network.batch, int(np.prod(job.network.inputs)))
    tolerance = parity.relative_tolerance(dtype, longest)
    moved = {f"epoch: {n}": upcast(w) - upcast(job.weights[n]) for n, w in weights.items()}
    expected = _exactly(job, tolerance, parity.EPS[STORAGE[dtype]])
    return parity.check(expected, {"epoch: loss": loss, **moved}, tolerance)


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

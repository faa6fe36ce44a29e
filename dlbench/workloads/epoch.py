"""A network's whole training data, gone over once, in any of the loops of a backend.

Drawing the order of the rows and putting them into batches is a part of what is timed, in every
loop alike. It must not know any framework.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import replace as changed

import numpy as np
from msgspec.structs import replace

from dlbench.backends.base import Backend, Step
from dlbench.datasets.base import rows_of
from dlbench.parity import epoch
from dlbench.records.case import Declaration, Target, Work, Workload
from dlbench.records.network import steps_in
from dlbench.records.training import CALLBACKS
from dlbench.syntax import choices
from dlbench.workloads import _work
from dlbench.workloads.base import Axes, Bound, Kind, Networks, Params, job_of

# What every loop does within the timed region; what one does besides is its trainer's `set_up`.
TIMED = ("draw an order", "put rows into batches", "training steps", "fetch the mean loss")


class Epoch:
    """One pass over the training data; loops and callbacks are ways to make it."""

    axes: tuple[str, ...] = ("network", "batch", "loop", "callbacks")

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Every network at every batch size; those without data only where they are named."""
        with_data = [name for name, one in networks.items() if one.has_data]
        for name in axes.get("network", with_data):
            network = networks[str(name)]
            for batch in axes.get("batch", [network.batch]):
                yield {"network": network.name, "batch": batch}

    def work(self, params: Params, networks: Networks) -> Work:
        """That of the training steps."""
        network = networks[str(params["network"])]
        return _work.epoch(network, rows_of(network), int(params["batch"]))

    def elements_in_memory(self, params: Params, networks: Networks) -> int:
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
            "steps": steps_in(len(job.x), batch),
            "timed": ", ".join(timed),
        }
        return Bound(step, lambda: epoch.check(backend, target.dtype, job), facts)


def _folder(callback: str, target: Target) -> str | None:
    """In the worker's folder for temporary files, which goes with it."""
    return tempfile.mkdtemp() if callback in target.callbacks.split("+") else None


KIND: Kind = Epoch()

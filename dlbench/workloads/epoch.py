"""One pass over all training data: shuffling, batching, and a training step for each batch.

The time includes shuffling the rows and making batches, in every loop. It must not know any
framework.
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

# The timed work of every loop. A loop's additional work is its trainer's `set_up`.
TIMED = ("draw an order", "put rows into batches", "training steps", "fetch the mean loss")


class Epoch:
    """One pass over the training data, with one variant per loop and combination of callbacks."""

    axes: tuple[str, ...] = ("network", "batch", "loop", "callbacks")
    needs = "one of the loops that are asked for"

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:
        """Yield every network at every batch size; networks without data only if they are named."""
        with_data = [name for name, network in networks.items() if network.has_data]
        for name in axes.get("network", with_data):
            network = networks[str(name)]
            for batch in axes.get("batch", [network.batch]):
                yield {"network": network.name, "batch": batch}

    def work(self, params: Params, networks: Networks) -> Work:
        """Return the work of all training steps."""
        network = networks[str(params["network"])]
        return _work.epoch(network, rows_of(network), int(params["batch"]))

    def reason_to_skip(self, params: Params, networks: Networks) -> str | None:
        """Return a reason if the batch is larger than the data."""
        network, batch = networks[str(params["network"])], int(params["batch"])
        rows = rows_of(network)
        if batch <= rows:
            return None
        return f"{network.name} has {rows} training rows, fewer than a batch of {batch}"

    def elements_in_memory(self, params: Params, networks: Networks) -> int:
        """Return the size of the data and of one shuffled copy."""
        network = networks[str(params["network"])]
        return 2 * rows_of(network) * int(np.prod(network.inputs))

    def variants(self, target: Target, declared: Declaration, axes: Axes) -> Iterator[Target]:
        """Yield the target with every loop of the backend and every combination of callbacks."""
        chosen = choices("callbacks", map(str, axes.get("callbacks", ["none"])), list(CALLBACKS))
        for loop in declared.loops:
            if loop in axes.get("loop", [loop]):
                for callbacks in map(CALLBACKS.__getitem__, chosen):
                    yield replace(target, loop=loop, callbacks="+".join(callbacks))

    def bind(
        self, backend: Backend, target: Target, workload: Workload, networks: Networks, seed: int
    ) -> Bound:
        """Bind the network with seeded weights to all its training data."""
        batch = int(workload.params["batch"])
        network = replace(networks[str(workload.params["network"])], batch=batch)
        job = job_of(network, target, seed, synthetic=workload.synthetic)
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
    """Return a new temporary folder if the target has the callback; the worker's end removes it."""
    return tempfile.mkdtemp() if callback in target.callbacks.split("+") else None


KIND: Kind = Epoch()

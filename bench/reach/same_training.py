"""Whether all frameworks learn the same from the same batches.

Dropout off, the same start weights, the same rows in the same order. After 50 steps of mnist-512
the losses must agree within 1e-3 (relative); after the whole schedules of iris and ionosphere the
test accuracies within two samples. Every framework trains in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace as changed
from math import log
from typing import Any

from dlbench import registry
from dlbench.backends.base import Setting
from dlbench.harness.worker.training import Training
from dlbench.networks.base import every
from dlbench.records.case import Declaration, Target
from dlbench.records.network import without_dropout
from dlbench.reference.losses import loss_of
from dlbench.workloads.base import job_of

BACKENDS = ("torch", "tensorflow", "numpy")
STEPS, MOST_APART = 50, 1e-3
# Half of what guessing among ten digits costs.
LEARNT = log(10) / 2
MOST_SAMPLES = 2
SEED = 0


def trained(backend: str) -> dict[str, Any]:
    """The figures of one framework, trained here and now."""
    declared = registry.declaration("backends", backend, Declaration)
    loop = "tensors"
    target = Target(backend, "cpu", declared.default, "float32", 1, loop)
    with tempfile.TemporaryDirectory() as scratch:
        setting = Setting("cpu", target.mode, target.dtype, 1, scratch)
        started = registry.load("backends", backend).start(setting)
        figures: dict[str, Any] = {"mnist-512": _loss(started, target)}
        for name in ("iris", "ionosphere"):
            figures[name] = _right(started, target, name)
    return figures


def _loss(backend: Any, target: Target) -> float:
    """Of the rows that it was trained on, after so many steps."""
    network = without_dropout(every()["mnist-512"])
    job = job_of(network, target, SEED, synthetic=False)
    rows = STEPS * network.batch
    job = changed(job, x=job.x[:rows], y=job.y[:rows], shuffle=False)
    trainer = backend.trainer(job)
    trainer.epoch()
    return loss_of(network, trainer.predict(job.x), job.y)


def _right(backend: Any, target: Target, name: str) -> int:
    """Test samples that are classified right in the end."""
    network = without_dropout(every()[name])
    job = job_of(network, target, SEED, synthetic=False)
    training = Training(backend, changed(job, shuffle=False))
    for _ in range(network.epochs):
        last = training.epoch()
    return round((last.accuracy or 0.0) * len(training.split.x_test))


def main() -> None:
    """Train everywhere, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", choices=BACKENDS)
    if (asked := parser.parse_args().backend) is not None:
        print(json.dumps(trained(asked)))
        return
    found = {backend: _in_a_process(backend) for backend in BACKENDS}
    losses = [found[backend]["mnist-512"] for backend in BACKENDS]
    apart = (max(losses) - min(losses)) / min(losses)
    print(f"mnist-512, loss after {STEPS} steps: {_told(found, 'mnist-512')}")
    print(f"  apart by {apart:.2g} (relative), must be at most {MOST_APART:g}")
    fine = apart <= MOST_APART and max(losses) < LEARNT
    for name in ("iris", "ionosphere"):
        counts = [found[backend][name] for backend in BACKENDS]
        samples = max(counts) - min(counts)
        print(
            f"{name}, test samples right after {every()[name].epochs} epochs: {_told(found, name)}"
        )
        print(f"  apart by {samples}, must be at most {MOST_SAMPLES}")
        fine = fine and samples <= MOST_SAMPLES
    sys.exit(0 if fine else 1)


def _in_a_process(backend: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--backend", backend]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def _told(found: dict[str, dict[str, Any]], name: str) -> str:
    return ", ".join(f"{backend} {found[backend][name]:.6g}" for backend in BACKENDS)


if __name__ == "__main__":
    main()

"""Verification in a worker: a backend's results against the oracle and the lecture, untimed."""

from dlbench.backends.base import Backend
from dlbench.harness import wire
from dlbench.parity.examples import EXAMPLES
from dlbench.parity.oracle import agreement


def verify(backend: Backend, dtype: str, order: wire.Verify) -> wire.Verified:
    """Check all results of a network, then release it."""
    checks = agreement(backend, dtype, order.network, order.optimizers, order.seed)
    backend.release()
    return wire.Verified(checks)


def work_out(backend: Backend, order: wire.WorkOut) -> wire.WorkedOut:
    """Compute a worked example of the lecture."""
    return wire.WorkedOut(tuple(EXAMPLES[order.example].compute(backend).ravel().tolist()))

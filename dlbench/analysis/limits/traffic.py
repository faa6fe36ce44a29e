"""The least bytes that a step has to move: inputs, weights and results, each once.

Whatever lies between two layers may stay in registers and caches, so it does not count: this is a
bound that no way of computing falls below. Weights are the kernels of the layers; a training step
also writes them, a backward pass writes their gradients.
"""

from math import prod

from dlbench.records.base import DTYPES
from dlbench.records.case import Target, Workload
from dlbench.records.network import Network, products_of

# How many times the kernels are moved, by the kind of a workload.
WEIGHTS = {"predict": 1, "forward": 1, "backward": 2, "train_step": 2, "epoch": 2, "retrace": 2}

PRODUCT = "matmul"
# The kinds that return the outputs of the network; a loss is a single number.
WITH_OUTPUTS = {"predict"}


def least_bytes(workload: Workload, target: Target, network: Network | None) -> int | None:
    """Return the bytes of one step; None of a kind, network or dtype that is not known."""
    elements, dtype = _elements(workload, network), DTYPES.get(target.dtype)
    return elements * dtype.bytes if elements and dtype else None


def _elements(workload: Workload, network: Network | None) -> int | None:
    if workload.kind == PRODUCT:
        return workload.work.elements
    rows, times = workload.work.samples, WEIGHTS.get(workload.kind)
    if network is None or rows is None or times is None:
        return None
    kernels = sum(one.inputs * one.outputs for one in products_of(network))
    results = rows * network.outputs if workload.kind in WITH_OUTPUTS else 0
    return rows * prod(network.inputs) + times * kernels + results

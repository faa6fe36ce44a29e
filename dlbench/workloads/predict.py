"""Inference: outputs for a batch, without dropout or gradients, with running statistics."""

from dlbench.workloads._network import STEP_AXES, NetworkKind
from dlbench.workloads._work import forward
from dlbench.workloads.base import Kind

KIND: Kind = NetworkKind(
    "predict", checked=("predict",), counted=forward, axes=(*STEP_AXES, "call")
)

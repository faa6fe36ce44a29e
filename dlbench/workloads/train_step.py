"""One training step: forward pass, gradients and optimizer."""

from dlbench.workloads._network import STEP_AXES, NetworkKind
from dlbench.workloads._work import backward
from dlbench.workloads.base import Kind

KIND: Kind = NetworkKind(
    "train_step",
    checked=("backward", "train_step"),
    counted=backward,
    axes=(*STEP_AXES, "call"),
)

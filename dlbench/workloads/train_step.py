"""One training step: forward pass, gradients and the optimizer."""

from dlbench import flops
from dlbench.kinds import Kind
from dlbench.passes import NetworkKind

KIND: Kind = NetworkKind("train_step", checked=("backward", "train_step"), counted=flops.backward)

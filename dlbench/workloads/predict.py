"""Inference: the outputs for a batch, no dropout, running statistics, no gradients recorded."""

from dlbench import flops
from dlbench.kinds import Kind
from dlbench.passes import NetworkKind

KIND: Kind = NetworkKind("predict", checked=("predict",), counted=flops.forward)

"""Forward pass in training: outputs and loss, with dropout, and ready for gradients."""

from dlbench.workloads._network import NetworkKind
from dlbench.workloads._work import forward
from dlbench.workloads.base import Kind

KIND: Kind = NetworkKind("forward", checked=("forward",), counted=forward)

"""Forward pass in training, and the gradient of every parameter."""

from dlbench.workloads._network import NetworkKind
from dlbench.workloads._work import backward
from dlbench.workloads.base import Kind

KIND: Kind = NetworkKind("backward", checked=("backward",), counted=backward)

"""Forward pass and the gradient of every parameter."""

from dlbench import flops
from dlbench.kinds import Kind
from dlbench.passes import NetworkKind

KIND: Kind = NetworkKind("backward", checked=("backward",), counted=flops.backward)

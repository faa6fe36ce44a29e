"""Forward pass of training: outputs and loss, dropout on, batch statistics, gradients recorded."""

from dlbench import flops
from dlbench.kinds import Kind
from dlbench.passes import NetworkKind

KIND: Kind = NetworkKind("forward", checked=("forward",), counted=flops.forward)

"""Forward pass of training: outputs and loss, dropout on, batch statistics, gradients recorded."""

from dlbench.kinds import Kind
from dlbench.passes import PASSES

KIND: Kind = PASSES["forward"]

"""Forward pass of training: outputs and loss, dropout on, batch statistics, gradients recorded."""

from dlbench.workloads._passes import PASSES
from dlbench.workloads.base import Kind

KIND: Kind = PASSES["forward"]

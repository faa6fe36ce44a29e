"""One training step: forward pass, gradients and the optimizer."""

from dlbench.workloads._passes import PASSES
from dlbench.workloads.base import Kind

KIND: Kind = PASSES["train_step"]

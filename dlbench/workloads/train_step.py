"""One training step: forward pass, gradients and the optimizer."""

from dlbench.kinds import Kind
from dlbench.passes import PASSES

KIND: Kind = PASSES["train_step"]

"""Inference: the outputs for a batch, no dropout, running statistics, no gradients recorded."""

from dlbench.kinds import Kind
from dlbench.passes import PASSES

KIND: Kind = PASSES["predict"]

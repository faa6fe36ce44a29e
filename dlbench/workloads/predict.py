"""Inference: the outputs for a batch, no dropout, running statistics, no gradients recorded."""

from dlbench.workloads._passes import PASSES
from dlbench.workloads.base import Kind

KIND: Kind = PASSES["predict"]

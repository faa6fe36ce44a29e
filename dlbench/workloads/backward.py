"""Forward pass and the gradient of every parameter."""

from dlbench.workloads._passes import PASSES
from dlbench.workloads.base import Kind

KIND: Kind = PASSES["backward"]

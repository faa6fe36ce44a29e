"""Forward pass and the gradient of every parameter."""

from dlbench.kinds import Kind
from dlbench.passes import PASSES

KIND: Kind = PASSES["backward"]

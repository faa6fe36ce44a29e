"""A training step on a smaller batch than those before: its first call is what retracing costs."""

from dlbench.kinds import Kind
from dlbench.retrace import Retrace

KIND: Kind = Retrace()

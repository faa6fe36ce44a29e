"""The smallest possible step: what a framework costs before it computes anything."""

from dlbench.floor import Floor
from dlbench.kinds import Kind

KIND: Kind = Floor()

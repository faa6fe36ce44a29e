"""One pass over all training data: shuffle, batch, and a training step for each."""

from dlbench.epochs import Epoch
from dlbench.kinds import Kind

KIND: Kind = Epoch()

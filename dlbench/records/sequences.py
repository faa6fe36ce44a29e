"""The layers of sequences: the embedding of tokens and recurrent layers, as data.

A sequence is [steps, values]. Tokens are a row of whole numbers, stored as all inputs are.
"""

from math import prod

from dlbench.records.base import Size
from dlbench.records.layer import AnyLayer, Product, Shape, Weight

# The dimensions of a sequence.
SEQUENCE_RANK = 2


class Embedding(AnyLayer, frozen=True, tag="embedding"):
    """A learnt row of `units` values for every token from 0 to vocabulary - 1."""

    vocabulary: Size
    units: Size

    def fault(self, shape: Shape) -> str:
        """Return what the layer takes, if these are no tokens."""
        return "" if len(shape) == 1 else "takes one row of tokens"

    def shape_after(self, shape: Shape) -> Shape:
        """Return a sequence of rows."""
        return (*shape, self.units)

    def weights(self, shape: Shape) -> dict[str, Weight]:  # noqa: ARG002
        """Return the rows of all tokens, (vocabulary, units)."""
        return {"embeddings": Weight((self.vocabulary, self.units), "uniform")}


class Recurrent(AnyLayer, frozen=True):
    """The properties of a layer that goes through a sequence and starts with a state of 0.

    return_sequences: whether it gives its output after every step, or after the last one.
    """

    units: Size
    return_sequences: bool = False

    @property
    def gates(self) -> int:
        """Return how many products a unit has."""
        return 1

    def fault(self, shape: Shape) -> str:
        """Return what the layer takes, if this is no sequence."""
        return "" if len(shape) == SEQUENCE_RANK else "takes a sequence of [steps, values]"

    def shape_after(self, shape: Shape) -> Shape:
        """Return (units,), or (steps, units)."""
        return (shape[0], self.units) if self.return_sequences else (self.units,)

    def weights(self, shape: Shape) -> dict[str, Weight]:
        """Return both kernels, (values, gates x units) and (units, gates x units), and the bias."""
        width = self.gates * self.units
        return {
            "kernel": Weight((shape[-1], width), "glorot_uniform"),
            "recurrent_kernel": Weight((self.units, width), "orthogonal"),
            "bias": self.bias(width),
        }

    def bias(self, width: int) -> Weight:
        """Return the bias of all gates."""
        return Weight((width,), "zeros")

    def products(self, shape: Shape) -> tuple[Product, ...]:
        """Return the product of all steps at once, and that of the state in every step."""
        width = self.gates * self.units
        steps, values = shape
        of_state = Product(self.units, width, 1, self.units, of_state=True, times=steps)
        return Product(values, width, steps, prod(shape)), of_state


class LSTM(Recurrent, frozen=True, tag="lstm"):
    """Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    Gates stand in the order input, forget, cell, output; the bias of the forget gate starts at 1
    (Jozefowicz et al., 2015), both as in Keras.
    """

    @property
    def gates(self) -> int:
        """Return 4."""
        return 4

    def bias(self, width: int) -> Weight:
        """Return the bias, which remembers at the start."""
        return Weight((width,), "forget_gate")


class SimpleRNN(Recurrent, frozen=True, tag="simplernn"):
    """h = tanh(inputs @ kernel + h @ recurrent kernel + bias); Elman (1990)."""


class GRU(Recurrent, frozen=True, tag="gru"):
    """Cho et al. (2014), with the reset gate after the product, as in cuDNN, Keras and PyTorch.

    Gates stand in the order update, reset, candidate, as in Keras. The candidate's bias of the
    state is inside the reset gate, so both products have one.
    """

    @property
    def gates(self) -> int:
        """Return 3."""
        return 3

    def bias(self, width: int) -> Weight:
        """Return the biases of the inputs and of the state."""
        return Weight((2, width), "zeros")

"""The layers of sequences in PyTorch, (batch, steps, values), which give their outputs alone."""

from collections.abc import Callable

from torch import Tensor, nn

from dlbench.records.layer import Shape
from dlbench.records.sequences import GRU, LSTM, Embedding, Recurrent, SimpleRNN


def _keep_one_bias(native: nn.RNNBase) -> None:
    """Fix the second bias at 0: PyTorch adds two, which would learn twice as fast as one."""
    bias = native.get_parameter("bias_hh_l0")
    nn.init.zeros_(bias).requires_grad = False


class WithoutStates(nn.RNNBase):
    """A recurrent layer that returns its outputs, without the states that PyTorch gives."""

    def __init__(self, layer: Recurrent, shape: Shape) -> None:
        super().__init__(input_size=shape[-1], hidden_size=layer.units, batch_first=True)  # type: ignore[call-arg]
        self.return_sequences = layer.return_sequences

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of all steps, or of the last one."""
        outputs: Tensor = super().forward(x)[0]
        return outputs if self.return_sequences else outputs[:, -1]


class NativeLSTM(WithoutStates, nn.LSTM):  # type: ignore[misc]
    """nn.LSTM; its gates stand in the order of dlbench."""

    def __init__(self, layer: Recurrent, shape: Shape) -> None:
        super().__init__(layer, shape)
        _keep_one_bias(self)


class NativeRNN(WithoutStates, nn.RNN):  # type: ignore[misc]
    """nn.RNN with one bias."""

    def __init__(self, layer: Recurrent, shape: Shape) -> None:
        super().__init__(layer, shape)
        _keep_one_bias(self)


class NativeGRU(WithoutStates, nn.GRU):  # type: ignore[misc]
    """nn.GRU; both of its biases learn (layouts.py)."""


class NativeEmbedding(nn.Embedding):
    """nn.Embedding of tokens that are stored as all inputs are."""

    def __init__(self, layer: Embedding, shape: Shape) -> None:  # noqa: ARG002
        super().__init__(layer.vocabulary, layer.units)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name of nn.Embedding
        """Return the rows of the tokens."""
        return super().forward(input.long())


LAYERS: dict[type, Callable[..., nn.Module]] = {
    Embedding: NativeEmbedding,
    SimpleRNN: NativeRNN,
    LSTM: NativeLSTM,
    GRU: NativeGRU,
}

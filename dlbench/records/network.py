"""A network as data, with its sizes and counts, and its copy without dropout.

It must not know any framework, nor how a network is computed.
"""

from collections.abc import Iterator
from itertools import accumulate
from math import prod
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from dlbench.records.base import Record, Size
from dlbench.records.layer import Activation, Product, Shape
from dlbench.records.layers import LAST_ACTIVATIONS, Adam, Layer, Loss, Optimizer
from dlbench.records.sequences import Embedding

# `$` matches before a line break at the end too, and JSON Schema has no `\Z`.
NAME = r"^[\w.-]+$(?!\n)"

# The data set of a network that has no data.
RANDOM = "random"


class Network(Record, frozen=True):
    """A network as data, the same for all frameworks.

    inputs: the shape of one sample; dataset: a member of `dlbench/datasets/`, or `random` for
    random data; epochs: the default number of epochs; batch: the default batch size.
    """

    name: Annotated[str, Meta(pattern=NAME)]
    inputs: Annotated[tuple[Size, ...], Meta(min_length=1)]
    layers: tuple[Layer, ...]
    loss: Loss
    optimizer: Optimizer = Adam()
    about: str = ""
    dataset: str = RANDOM
    epochs: Size = 1
    batch: Size = 32

    @property
    def has_data(self) -> bool:
        """Return whether the network has a data set."""
        return self.dataset != RANDOM

    @property
    def last_activation(self) -> Activation:
        """Return the activation of the last layer."""
        return self.layers[-1].activation

    @property
    def from_logits(self) -> bool:
        """Return whether the loss is computed from the last layer before its activation."""
        return "linear" in LAST_ACTIVATIONS.get(self.loss, ())

    @property
    def ends_in_logits(self) -> bool:
        """Return whether the outputs are logits of a loss of probabilities."""
        return self.from_logits and self.last_activation == "linear"

    @property
    def vocabulary(self) -> int:
        """Return the number of tokens; 0 if the inputs are other numbers."""
        first = self.layers[0]
        return first.vocabulary if isinstance(first, Embedding) else 0

    @property
    def outputs(self) -> int:
        """Return the number of outputs for a sample."""
        return prod(self._shapes()[-1])

    def shaped_layers(self) -> Iterator[tuple[Layer, Shape]]:
        """Return every layer with the shape of its input for one sample, in order."""
        return zip(self.layers, self._shapes(), strict=False)

    def _shapes(self) -> list[Shape]:
        """Return the shape of one sample before the first layer and after every layer."""
        after = accumulate(
            self.layers, lambda shape, layer: layer.shape_after(shape), initial=self.inputs
        )
        return list(after)


def products_of(network: Network) -> list[Product]:
    """Return the matrix products of all layers, in order, for one sample."""
    products, trainable_below = list[Product](), False
    for layer, shape in network.shaped_layers():
        products += [
            one._replace(input_gradients=one.times - 1 if one.of_state else int(trainable_below))
            for one in layer.products(shape)
        ]
        trainable_below |= bool(layer.weights(shape))
    return products


def parameter_count(network: Network) -> int:
    """Count the trainable parameters: kernels, biases, and scale and shift of batch norm."""
    return sum(layer.parameter_count(shape) for layer, shape in network.shaped_layers())


def steps_in(rows: int, batch: int) -> int:
    """Return the training steps of one epoch, a smaller last batch included."""
    return -(-rows // batch)


def without_dropout(network: Network) -> Network:
    """Return the same network without dropout, for the parity check."""
    return replace(network, layers=tuple(layer.without_chance() for layer in network.layers))

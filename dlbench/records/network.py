"""A multi-layer perceptron as data, and what follows from it: sizes, counts, its twin for parity.

It must not know any framework, nor how a network is computed.
"""

from collections.abc import Iterator
from itertools import accumulate
from math import prod
from typing import Annotated, NamedTuple

from msgspec import Meta
from msgspec.structs import replace

from dlbench.records.base import Record, Size
from dlbench.records.layers import LAST_ACTIVATIONS, Activation, Adam, Layer, Loss, Optimizer, Shape

# The data set of a network that has no data.
RANDOM = "random"


class Network(Record, frozen=True):
    """A multi-layer perceptron as data: one text for all frameworks.

    dataset: a member of `dlbench/datasets/`, or `random` for a network without data;
    inputs: the shape of one sample; epochs and batch: its schedule.
    """

    name: Annotated[str, Meta(pattern=r"^[\w.-]+$")]
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
        """Whether it belongs to a data set."""
        return self.dataset != RANDOM

    @property
    def last_activation(self) -> Activation:
        """The activation of the last layer."""
        return self.layers[-1].activation

    @property
    def from_logits(self) -> bool:
        """Whether the loss is computed from the last layer before its activation."""
        return "linear" in LAST_ACTIVATIONS.get(self.loss, ())

    @property
    def ends_in_logits(self) -> bool:
        """Whether the outputs are logits, where the loss is one of probabilities."""
        return self.from_logits and self.last_activation == "linear"

    @property
    def outputs(self) -> int:
        """The number of values that it gives for a sample."""
        return prod(self._shapes()[-1])

    def shaped_layers(self) -> Iterator[tuple[Layer, Shape]]:
        """Every layer with the shape of one sample before it, in order."""
        return zip(self.layers, self._shapes(), strict=False)

    def _shapes(self) -> list[Shape]:
        """The shape of one sample before the first layer and behind every layer."""
        after = accumulate(
            self.layers, lambda shape, layer: layer.shape_after(shape), initial=self.inputs
        )
        return list(after)


class DenseShape(NamedTuple):
    """A fully connected layer's size, and whether anything below it needs a gradient."""

    inputs: int
    units: int
    input_gradient: bool


def dense_shapes(network: Network) -> list[DenseShape]:
    """The sizes of the fully connected layers, in order."""
    shapes, trainable_below = [], False
    for layer, shape in network.shaped_layers():
        shapes += [DenseShape(*sizes, trainable_below) for sizes in layer.products(shape)]
        trainable_below |= bool(layer.weights(shape))
    return shapes


def parameter_count(network: Network) -> int:
    """Trainable parameters: kernels, biases, and scale and shift of batch norm."""
    return sum(layer.parameter_count(shape) for layer, shape in network.shaped_layers())


def steps_in(rows: int, batch: int) -> int:
    """Training steps of one epoch, a smaller last batch included."""
    return -(-rows // batch)


def without_dropout(network: Network) -> Network:
    """The same network with nothing random in it: what parity is checked on."""
    return replace(network, layers=tuple(layer.without_chance() for layer in network.layers))

"""A network in a user's own file, and what shows whether two implementations of it are equal.

It must not know any framework, nor run any file.
"""

from math import prod
from typing import Annotated, Literal

from msgspec import Meta, field

from dlbench.records.base import Finite, Record, Size, Whole
from dlbench.records.layers import Adam, Optimizer
from dlbench.records.network import NAME

# The losses that all frameworks compute by the same formula, by Keras's names.
OwnLoss = Literal[
    "mse",
    "mae",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "hinge",
]


class Way(Record, frozen=True):
    """How a backend runs one function of an own file.

    call: the word for it in the id of a target; modes: those in which it runs, empty for all of the
    backend; use: by mode, the line of code or of the shell that uses this way without dlbench;
    lacks: why it has no such dtype, although its backend does, by name.
    """

    call: str
    modes: tuple[str, ...] = ()
    use: dict[str, str] = field(default_factory=dict)
    lacks: dict[str, str] = field(default_factory=dict)


class Made(Record, frozen=True):
    """A function of the file. name: as it is written there; line: where it begins."""

    name: str
    line: Whole


class OwnNetwork(Record, frozen=True):
    """A network in a user's own file, as far as it is known without running the file.

    path: absolute; sha256: of the content that was read; functions: by their names in the contract,
    such as `torch_model`; inputs: the shape of one sample, None if the file does not say; batch:
    the default number of rows; makes_batch: the function that returns data, None without one.
    """

    name: Annotated[str, Meta(pattern=NAME)]
    path: str
    sha256: str
    functions: dict[str, Made]
    loss: OwnLoss
    optimizer: Optimizer = Adam()
    inputs: tuple[Size, ...] | None = None
    batch: Size = 32
    makes_batch: Made | None = None

    @property
    def has_data(self) -> bool:
        """Return whether the file returns data of its own."""
        return self.makes_batch is not None


class TwinLayer(Record, frozen=True):
    """A layer with weights, in the twin.

    name: by the framework; shapes: of its weights in the common layout, kernels as (inputs, units);
    entered: the 2-norm of what enters it, None if the framework does not tell; gradients: the
    2-norm of the gradient by each weight.
    """

    name: str
    shapes: tuple[tuple[Whole, ...], ...]
    entered: Finite | None
    gradients: tuple[Finite, ...]


class Twin(Record, frozen=True):
    """A network once more in float64, op by op, with the common weights and without dropout.

    data: a digest of the batch, whatever its layout; inputs: the shape of its x; layers: those with
    weights, in order; shape, outputs: of the outputs in inference, as probabilities where the loss
    is a crossentropy, the first of them; norm: the 2-norm of all; loss: of the batch in training;
    flops: of a training step by the framework's own counter, None if it has none; counted_by: its
    name; trained: the loss of the measured network at its first step and some steps later, None if
    it was not trained.
    """

    data: str
    inputs: tuple[Whole, ...]
    layers: tuple[TwinLayer, ...]
    shape: tuple[Whole, ...]
    outputs: tuple[Finite, ...]
    norm: Finite
    loss: Finite
    flops: Whole | None = None
    counted_by: str = ""
    trained: tuple[Finite, Finite] | None = None

    @property
    def parameters(self) -> int:
        """Return the number of trainable values."""
        return sum(prod(shape) for layer in self.layers for shape in layer.shapes)

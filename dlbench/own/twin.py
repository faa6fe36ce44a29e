"""The twin of a user's own network: the same maths in float64, op by op, and what it shows.

Two twins are equal if the same weights and the same batch give the same numbers. They are computed
by different frameworks in different processes, so numbers are kept and compared later (proof.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlbench.errors import DlbenchError
from dlbench.own.data import Array, digest
from dlbench.records.base import DTYPES
from dlbench.records.own import Twin, TwinLayer

# So many outputs are kept: enough to see which are equal.
MOST_OUTPUTS = 16

SOFTMAX = ("sparse_categorical_crossentropy", "categorical_crossentropy")
SIGMOID = ("binary_crossentropy",)

# Rows of probabilities sum to 1 up to the rounding of float32; no logits of seeded weights do.
SUM_TO_ONE = 1e-4


@dataclass(frozen=True)
class Layer:
    """A layer with weights. weights: in the common layout; gradients: in any layout."""

    name: str
    weights: Sequence[Array]
    gradients: Sequence[Array]
    entered: float | None = None


@dataclass(frozen=True)
class Result:
    """What the twin gives.

    outputs: in inference, as the framework returns them; others: for other inputs; again: for the
    same inputs once more; x, y: the batch; logits: whether the outputs are logits; flops: of a
    training step, by whom.
    """

    layers: Sequence[Layer]
    outputs: Array
    others: Array
    again: Array
    loss: float
    x: Array
    y: Array
    logits: bool
    flops: int | None = None
    counted_by: str = ""

    def record(self, loss: str, trained: tuple[float, float] | None) -> Twin:
        """Return what is kept. loss: its name; trained: see records.own.Twin."""
        outputs = self.outputs
        if self.logits and loss in SOFTMAX:
            outputs = softmax(outputs)
        if self.logits and loss in SIGMOID:
            outputs = 1 / (1 + np.exp(-outputs))
        return Twin(
            data=digest(self.x, self.y),
            inputs=self.x.shape,
            layers=tuple(_kept(layer) for layer in self.layers),
            shape=outputs.shape,
            outputs=tuple(outputs.ravel()[:MOST_OUTPUTS].tolist()),
            norm=float(np.linalg.norm(outputs)),
            loss=self.loss,
            flops=self.flops,
            counted_by=self.counted_by,
            trained=trained,
        )

    def assert_computes(self) -> None:
        """Raise DlbenchError unless the outputs follow from the inputs, every time anew."""
        for name, array in {"outputs": self.outputs, "loss": np.array(self.loss)}.items():
            if not np.isfinite(array).all():
                raise DlbenchError(f"the {name} in float64 are no finite numbers")
        is_same = np.array_equal(self.outputs, self.others)
        if is_same and not np.array_equal(self.x, other(self.x)):
            raise DlbenchError("the outputs do not change with the inputs: nothing is computed")
        if not np.allclose(self.outputs, self.again, rtol=1e-6):
            raise DlbenchError(
                "the outputs for the same inputs change from call to call in inference",
                hint="Do all work in every call, and leave chance to training",
            )


def other(x: Array) -> Array:
    """Return other inputs of the same shape and kind; a mere shift or scale could be normalised."""
    return x.min() + x.max() - x if x.dtype.kind in "iu" else np.cos(x[::-1])


def probabilities(outputs: Array, dtype: str) -> bool:
    """Return whether every row of outputs, of this type, is a distribution."""
    within = max(SUM_TO_ONE, DTYPES[dtype].eps)
    sums = outputs.sum(axis=-1)
    return bool((outputs >= 0).all() and (abs(sums - 1) < within).all())


def softmax(logits: Array) -> Array:
    """Return exp(logits) over its sum, row by row."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _kept(layer: Layer) -> TwinLayer:
    return TwinLayer(
        name=layer.name,
        shapes=tuple(weight.shape for weight in layer.weights),
        entered=layer.entered,
        gradients=tuple(float(np.linalg.norm(one)) for one in layer.gradients),
    )

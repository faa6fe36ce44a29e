"""Parity of a user's own network: compares it with its float64 twin, and looks whether it learns.

It must not know any framework, nor any clock.
"""

from math import sqrt
from typing import Any, Protocol

import numpy as np

from dlbench.backends.base import Backend, Step
from dlbench.errors import DlbenchError
from dlbench.own.twin import Result
from dlbench.own.weights import longest_sum
from dlbench.parity.oracle import (
    LARGEST_TOLERANCE,
    ROUNDINGS_OF_A_NETWORK,
    Expected,
    check,
    relative_tolerance,
)
from dlbench.records.base import DTYPES
from dlbench.records.measurement import ParityCheck
from dlbench.records.own import OwnNetwork, Twin
from dlbench.reference.arrays import Array

# Steps after which a loss should have come down.
STEPS = 20

# A loss is a mean of logarithms or squares of the outputs: its rounding is some times theirs.
LOSS_FACTOR = 4


class Own(Protocol):
    """A user's own network in a backend. has_chance: whether anything is random in training."""

    @property
    def has_chance(self) -> bool:
        """Return whether anything is random in training."""

    def twin(self, dtype: str = "float64") -> Result:
        """Compute the network in float64, op by op, and without dropout.

        dtype: the type to which data and weights are rounded before.
        """


class Checked:
    """The check of one step; `twin` is there afterwards."""

    def __init__(self, own: Own, network: OwnNetwork, backend: Backend, dtype: str) -> None:
        self.own, self.network, self.backend, self.dtype = own, network, backend, dtype
        self.twin: Twin | None = None

    def check(self, name: str, step: Step) -> tuple[ParityCheck, ...]:
        """Run the step from its start; return the comparison with the twin.

        Raises DlbenchError if nothing is computed, or nothing is learnt.
        """
        result = self.own.twin()
        result.assert_computes()
        rounded = self.own.twin(self.dtype) if DTYPES[self.dtype].rounding else result
        step.reset()
        got = self._results(step)
        trained = self._trained(step, got) if name == "train_step" else None
        step.reset()
        self.twin = result.record(self.network.loss, trained)
        return self._compared(name, got, rounded)

    def _results(self, step: Step) -> dict[str, Array]:
        return self._arrays(step, step.run())

    def _arrays(self, step: Step, result: Any) -> dict[str, Array]:
        tensors = step.tensors(result)
        self.backend.device.wait()
        return {name: self.backend.device.array(tensor) for name, tensor in tensors.items()}

    def _trained(self, step: Step, first: dict[str, Array]) -> tuple[float, float]:
        """Train some steps; return the first and the last loss."""
        for _ in range(STEPS):
            result = step.run()
        last = self._arrays(step, result)
        losses = float(first["loss"]), float(last["loss"])
        if not np.isfinite(losses).all():
            raise DlbenchError(
                f"the loss is no finite number after {STEPS} steps",
                hint="Look at the loss and at the learning rate",
            )
        step.reset()
        start = self._arrays(step, result)
        if not (_has_changed(start, first) or _has_changed(start, last)):
            raise DlbenchError("a training step changes no weight: nothing is learnt")
        return losses

    def _compared(
        self, name: str, got: dict[str, Array], result: Result
    ) -> tuple[ParityCheck, ...]:
        """Compare outputs or loss; rounding grows with the longest sum and the number of layers."""
        shapes = [weight.shape for layer in result.layers for weight in layer.weights]
        longest = longest_sum(shapes) * max(1, len(result.layers))
        tolerance = relative_tolerance(self.dtype, longest, ROUNDINGS_OF_A_NETWORK)
        if name == "predict":
            return check(
                {"outputs": Expected(result.outputs)}, {"outputs": got["outputs"]}, tolerance
            )
        if self.own.has_chance:  # the losses differ by what is dropped
            return ()
        scale = float(np.abs(result.outputs).max(initial=0))
        slack = LOSS_FACTOR * tolerance * scale / sqrt(len(result.outputs))
        expected = {"loss": Expected(np.array(result.loss), slack)}
        if not DTYPES[self.dtype].rounding:  # the roundings of 16 bits may be more
            tolerance = min(tolerance, LARGEST_TOLERANCE)
        return check(expected, {"loss": got["loss"].reshape(())}, tolerance)


def _has_changed(before: dict[str, Array], after: dict[str, Array]) -> bool:
    """Return whether any weight has."""
    weights = [name for name in before if name.startswith("weight/")]
    return any(not np.array_equal(before[name], after[name]) for name in weights)

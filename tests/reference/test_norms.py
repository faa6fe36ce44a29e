"""Layer norm by hand; its gradients are in test_sequences.py."""

import numpy as np
import pytest

from dlbench.records.layers import LayerNorm
from dlbench.reference.ops import OPS


@pytest.mark.parametrize("training", [True, False])
def test_every_row_is_normalised_by_itself_in_training_and_in_prediction(training):
    """The row 1, 2, 3, 6 has mean 3 and variance 3.5."""
    weights = {"gamma": np.array([1.0, 2, 3, 4]), "beta": np.array([0.5, 0, 0, 0])}
    layer = OPS[LayerNorm](LayerNorm(epsilon=0.5), weights, np.random.default_rng(0))
    x = np.array([[1.0, 2, 3, 6], [10.0, 20, 30, 60]])
    first, second = layer.forward(x, training=training)
    np.testing.assert_allclose(first, [-2 / 2 + 0.5, -2 * 1 / 2, 0, 4 * 3 / 2])
    assert second[3] == pytest.approx(4 * 30 / np.sqrt(350.5))

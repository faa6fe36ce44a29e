"""What a twin keeps, and when it shows that nothing is computed."""

import numpy as np
import pytest
from msgspec import json

from dlbench.errors import DlbenchError
from dlbench.own.twin import Layer, Result, other, probabilities, softmax
from dlbench.records.own import Twin

X = np.arange(6.0).reshape(3, 2)
OUT = np.array([[1.0, 2.0], [0.5, 0.1], [3.0, -1.0]])


def result(**changed):
    fields = {
        "layers": [Layer("a", [np.ones((2, 2)), np.ones(2)], [np.full(4, 2.0), np.zeros(2)], 3.0)],
        "outputs": OUT,
        "others": OUT + 1,
        "again": OUT,
        "loss": 0.5,
        "x": X,
        "y": np.zeros(3, int),
        "logits": True,
        **changed,
    }
    return Result(**fields)


def test_what_is_kept_can_be_stored_and_read():
    twin = result().record("mse", (1.0, 0.5))
    assert json.decode(json.encode(twin), type=Twin) == twin
    assert (twin.parameters, twin.outputs[:2], twin.loss) == (6, (1.0, 2.0), 0.5)
    assert twin.layers[0].gradients == (4.0, 0.0)


def test_outputs_of_a_crossentropy_are_kept_as_probabilities():
    """So that a model that returns logits equals one that returns probabilities."""
    logits = result().record("sparse_categorical_crossentropy", None)
    shares = result(outputs=softmax(OUT), logits=False)
    assert logits.outputs == shares.record("sparse_categorical_crossentropy", None).outputs
    assert max(result().record("binary_crossentropy", None).outputs) < 1


def test_probabilities_are_told_from_logits():
    assert probabilities(softmax(OUT), "float32")
    assert not probabilities(OUT, "float32")
    assert not probabilities(np.array([[2.0, -1.0]]), "float32")
    rounded = np.array([[0.5, 0.496]])
    assert [probabilities(rounded, name) for name in ("bfloat16", "float32")] == [True, False]


def test_a_network_that_computes_passes():
    result().assert_computes()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"others": OUT}, "do not change with the inputs"),
        ({"again": 0 * OUT}, "change from call to call"),
        ({"outputs": np.full((3, 2), np.nan)}, "outputs in float64 are no finite numbers"),
        ({"loss": np.inf}, "loss in float64 are no finite numbers"),
    ],
)
def test_a_network_that_computes_nothing_is_refused(changed, words):
    with pytest.raises(DlbenchError, match=words):
        result(**changed).assert_computes()


def test_other_inputs_differ_and_keep_their_kind():
    numbers = np.array([[0, 3], [1, 2]])
    assert other(numbers).dtype == numbers.dtype
    assert set(other(numbers).ravel()) <= set(range(4))
    assert not (other(numbers) == numbers).all()
    assert not (other(X) == X).any()


def test_constant_inputs_cannot_show_that_outputs_follow_from_them():
    result(x=np.zeros((3, 2), int), others=OUT).assert_computes()

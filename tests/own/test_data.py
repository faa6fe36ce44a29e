"""The batch of a user's own network: what the file returns, or random numbers that fit."""

import sys

import numpy as np
import pytest

from dlbench.errors import DlbenchError
from dlbench.own import data
from dlbench.own.contract import read
from dlbench.own.file import MODULE


@pytest.fixture
def network(tmp_path, monkeypatch):
    def made(text="", loss="mse"):
        path = tmp_path / "net.py"
        path.write_text(f'loss = "{loss}"\ndef torch_model(): pass\n{text}', encoding="utf-8")
        monkeypatch.delitem(sys.modules, MODULE, raising=False)
        [found] = read(path, ["torch_model"])
        return found

    yield made
    sys.modules.pop(MODULE, None)


def test_random_inputs_have_the_shape_of_the_file_or_of_the_model(network):
    own = network("inputs = (2, 3)\n")
    assert data.inputs(own, 5, 0, (7,)).shape == (5, 2, 3)
    assert data.inputs(network(), 5, 0, (7,)).shape == (5, 7)
    assert (data.inputs(own, 5, 0, None) == data.inputs(own, 5, 0, None)).all()


def test_without_batch_and_shape_the_message_says_what_to_add(network):
    with pytest.raises(DlbenchError, match=r"no batch\(n\).*inputs = "):
        data.inputs(network(), 5, 0, None)


def test_the_file_returns_a_batch_with_whole_numbers_kept(network):
    text = "def batch(n):\n    return [[1.5]] * n, [True] * n\n"
    x, y = data.given(network(text), 4, 0)
    assert (x.shape, x.dtype.kind, y.dtype) == ((4, 1), "f", np.int64)
    assert data.given(network(), 4, 0) is None


def test_old_generators_start_from_the_seed(network):
    text = "import numpy\ndef batch(n):\n    return numpy.random.rand(n, 2), numpy.zeros(n)\n"
    own = network(text)
    assert (data.given(own, 3, 1)[0] == data.given(own, 3, 1)[0]).all()
    assert not (data.given(own, 3, 1)[0] == data.given(own, 3, 2)[0]).all()


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("None", "must return x and y"),
        ("[0] * n, [0] * n, 1", "must return x and y"),
        ("['a'] * n, [0] * n", "x holds no numbers"),
        ("[0] * (n + 1), [0] * n", "x has another number of rows"),
        ("[0] * n, 3", "y has another number of rows"),
    ],
)
def test_a_batch_that_is_none_is_told(network, returned, words):
    with pytest.raises(DlbenchError, match=words):
        data.given(network(f"def batch(n):\n    return {returned}\n"), 4, 0)


@pytest.mark.parametrize(
    ("loss", "outputs", "y", "fits"),
    [
        ("mse", (4, 1), np.zeros(4), (4, 1)),
        ("mse", (4, 2), np.zeros(4), None),
        ("sparse_categorical_crossentropy", (4, 3), np.array([[0], [1], [2], [0]]), (4,)),
        ("sparse_categorical_crossentropy", (4, 3), np.array([0, 1, 2, 3]), None),
        ("sparse_categorical_crossentropy", (4, 3), np.zeros(4), None),
        ("categorical_crossentropy", (4, 3), np.zeros((4, 3)), (4, 3)),
        ("categorical_crossentropy", (4, 3), np.zeros(4, int), None),
    ],
)
def test_labels_fit_the_outputs_and_the_loss_or_are_refused(network, loss, outputs, y, fits):
    own = network(loss=loss)
    if fits:
        assert data.fitting(own, y, outputs).shape == fits
        return
    with pytest.raises(DlbenchError, match=f"{loss} does not fit"):
        data.fitting(own, y, outputs)


@pytest.mark.parametrize(
    "loss", ["mse", "sparse_categorical_crossentropy", "categorical_crossentropy", "hinge"]
)
def test_random_labels_fit(network, loss):
    own = network(loss=loss)
    y = data.labels(own, (6, 3), 0)
    assert data.fitting(own, y, (6, 3)).size in {6, 18}


def test_a_digest_is_of_the_values_whatever_their_layout():
    x = np.arange(24.0).reshape(2, 3, 4)
    assert data.digest(x) == data.digest(x.transpose(0, 2, 1))
    assert data.digest(x) != data.digest(x + 1)

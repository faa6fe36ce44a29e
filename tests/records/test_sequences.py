"""Layers of sequences as data: shapes, weights, products, and what they cannot take."""

import msgspec
import pytest

from dlbench.records.layers import Dense, LayerNorm
from dlbench.records.network import parameter_count, products_of
from dlbench.records.sequences import GRU, LSTM, Embedding, SimpleRNN
from fakes.networks import network

GATES = {LSTM: 4, SimpleRNN: 1, GRU: 3}
every_kind = pytest.mark.parametrize("kind", GATES)


@every_kind
def test_the_output_is_that_of_the_last_step_or_of_every_one(kind):
    assert kind(5).shape_after((7, 3)) == (5,)
    assert kind(5, return_sequences=True).shape_after((7, 3)) == (7, 5)


def test_an_lstm_has_four_gates_of_two_kernels_and_one_bias():
    shapes = {name: weight.shape for name, weight in LSTM(5).weights((7, 3)).items()}
    assert shapes == {"kernel": (3, 20), "recurrent_kernel": (5, 20), "bias": (20,)}
    net = network(LSTM(5), Dense(2), inputs=(7, 3))
    assert parameter_count(net) == 4 * (3 + 5 + 1) * 5 + (5 + 1) * 2


def test_a_gru_has_a_bias_for_either_product():
    shapes = {name: weight.shape for name, weight in GRU(5).weights((7, 3)).items()}
    assert shapes == {"kernel": (3, 15), "recurrent_kernel": (5, 15), "bias": (2, 15)}


@every_kind
def test_inputs_are_multiplied_at_once_and_the_state_in_every_step(kind):
    width = GATES[kind] * 5
    first, second, _ = products_of(network(kind(5), Dense(2), inputs=(7, 3)))
    assert (*first,) == (3, width, 7, 21, False, 1, 0)
    assert (*second,) == (5, width, 1, 5, True, 7, 6)


@every_kind
@pytest.mark.parametrize("shape", [(4,), (7, 3, 2)])
def test_only_a_sequence_is_taken(kind, shape):
    assert kind(5).fault((7, 3)) == ""
    assert kind(5).fault(shape).startswith("takes a sequence of")


@every_kind
def test_a_layer_is_read_as_users_write_it(kind):
    tag = kind.__struct_config__.tag
    written = {"type": tag, "units": 5, "return_sequences": True}
    assert msgspec.convert(written, kind) == kind(5, return_sequences=True)
    with pytest.raises(msgspec.ValidationError, match="units"):
        msgspec.convert({"type": tag, "units": 0}, kind)


def test_layer_norm_has_a_scale_and_a_shift_for_every_value_of_a_row_or_step():
    for shape in [(3,), (7, 3)]:
        assert LayerNorm().fault(shape) == ""
        shapes = {name: weight.shape for name, weight in LayerNorm().weights(shape).items()}
        assert shapes == {"gamma": (3,), "beta": (3,)}
    assert LayerNorm().fault((7, 7, 3)) == "takes rows or sequences; for images there is batchnorm"


def test_an_embedding_has_a_row_for_every_token():
    layer = Embedding(100, 8)
    assert layer.fault((20,)) == ""
    assert layer.fault((20, 3)) == "takes one row of tokens"
    assert layer.shape_after((20,)) == (20, 8)
    net = network(layer, GRU(5), Dense(2), inputs=(20,))
    assert net.vocabulary == 100
    assert network(Dense(2)).vocabulary == 0
    assert parameter_count(net) == 800 + 15 * (8 + 5 + 2) + 12

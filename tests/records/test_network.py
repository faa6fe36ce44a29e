"""A network that cannot be built is refused."""

import msgspec
import pytest

from dlbench.records.layers import Dense
from dlbench.records.network import Network


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"batch": 0}, "batch"),
        ({"epochs": -1}, "epochs"),
        ({"inputs": [0]}, "inputs"),
        ({"name": "a/b"}, "name"),
        ({"name": "a,b"}, "name"),
        ({"name": ""}, "name"),
        ({"layers": [{"type": "dense", "units": 0}]}, "units"),
        ({"layers": [{"type": "dense", "units": 1, "l2": -1}]}, "l2"),
        ({"layers": [{"type": "dropout", "rate": 1}]}, "rate"),
        ({"layers": [{"type": "dropout", "rate": -0.1}]}, "rate"),
        ({"optimizer": {"type": "sgd", "lr": 0}}, "lr"),
        ({"optimizer": {"type": "sgd", "momentum": 1}}, "momentum"),
        ({"optimizer": {"type": "adam", "beta2": 1.5}}, "beta2"),
    ],
)
def test_a_network_that_cannot_be_built_is_refused(change: dict[str, object], place: str) -> None:
    data = {
        "name": "mine",
        "about": "",
        "dataset": "iris",
        "inputs": [4],
        "layers": [{"type": "dense", "units": 3}],
        "loss": "mse",
        "optimizer": {"type": "sgd"},
        "epochs": 1,
        "batch": 1,
    }
    assert msgspec.convert(data, Network).layers == (Dense(3),)
    with pytest.raises(msgspec.ValidationError, match=place):
        msgspec.convert({**data, **change}, Network)

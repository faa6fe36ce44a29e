"""The record of a network in a user's own file."""

import msgspec
import pytest

from dlbench.records.case import Work, Workload
from dlbench.records.own import Made, OwnNetwork, Twin, TwinLayer

NETWORK = OwnNetwork("net", "/net.py", "0", {"torch_model": Made("torch_model", 3)}, "mse")


def test_a_workload_with_its_own_network_is_read_as_it_was_written():
    workload = Workload("predict", {"network": "net", "batch": 8}, Work(0, 0, 8), own=NETWORK)
    assert msgspec.json.decode(msgspec.json.encode(workload), type=Workload) == workload


def test_a_name_is_no_path():
    written = msgspec.json.encode(msgspec.structs.replace(NETWORK, name="../net"))
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(written, type=OwnNetwork)


def test_data_are_known_by_the_function_that_returns_them():
    assert not NETWORK.has_data
    assert msgspec.structs.replace(NETWORK, makes_batch=Made("batch", 9)).has_data


def test_parameters_are_counted():
    layers = (TwinLayer("a", ((4, 3), (3,)), None, ()), TwinLayer("b", ((3, 3, 2, 5),), 1.0, ()))
    assert Twin("", (1, 4), layers, (1,), (), 0.0, 0.0).parameters == 12 + 3 + 90

"""Axes of workloads: every value is a workload, and what a network lacks is refused."""

import pytest
from msgspec.structs import replace

from dlbench.errors import UsageError
from dlbench.networks.base import every, named
from dlbench.plan.axes import AXES, axis_named
from dlbench.records.case import Workload
from dlbench.records.layers import BatchNorm, Dense, Dropout, Flatten
from dlbench.records.network import parameter_count
from dlbench.workloads.base import kind_named


def workload(axis: str, value: int, network: str = "mnist-512") -> Workload:
    known = named(network) if AXES[axis].has_network else None
    params, made = AXES[axis].point(known, value)
    kind = AXES[axis].kinds[0]
    networks = {} if made is None else {made.name: made}
    return Workload(kind, params, kind_named(kind).work(params, networks))


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("value", [1, 3, 64])
def test_a_value_is_a_workload_that_knows_its_value(axis: str, value: int) -> None:
    assert AXES[axis].value(workload(axis, value)) == value


@pytest.mark.parametrize("axis", AXES)
def test_more_is_more_work(axis: str) -> None:
    work = [workload(axis, value).work.flops for value in (1, 2, 8, 64)]
    assert work == sorted(set(work))


def test_a_batch_is_of_the_network_itself() -> None:
    assert workload("batch", 96).id == "train_step/mnist-512/b96"


def test_a_size_is_a_square_product() -> None:
    assert workload("size", 96).params == {"m": 96, "n": 96, "k": 96}


def test_width_changes_every_hidden_layer_and_nothing_else() -> None:
    _, made = AXES["width"].point(named("iris"), 64)
    assert made is not None
    assert made.name == "iris-w64"
    assert [layer.units for layer in made.layers] == [64, 64, 3]
    assert (made.batch, made.loss, made.dataset) == (32, named("iris").loss, "iris")


def test_a_layer_that_is_equal_to_the_last_is_hidden_nevertheless() -> None:
    twins = replace(named("iris"), name="twins", layers=(Dense(3, "softmax"), Dense(3, "softmax")))
    _, made = AXES["width"].point(twins, 8)
    assert made is not None
    assert [layer.units for layer in made.layers] == [8, 3]


def test_depth_repeats_the_last_hidden_layer_with_what_follows_it() -> None:
    _, made = AXES["depth"].point(named("mnist-512"), 3)
    assert made is not None
    block = [Dense(512, "relu"), Dropout(0.2)]
    assert list(made.layers) == [Flatten(), *block, *block, *block, Dense(10, "softmax")]


def test_depth_leaves_out_the_last_hidden_layers() -> None:
    _, made = AXES["depth"].point(named("iris"), 1)
    assert made is not None
    assert [layer.units for layer in made.layers] == [10, 3]
    _, same = AXES["depth"].point(named("iris"), 2)
    assert same is not None
    assert same.layers == named("iris").layers


@pytest.mark.parametrize("axis", ["width", "depth"])
@pytest.mark.parametrize("name", every())
def test_every_network_with_a_hidden_layer_can_be_changed(axis: str, name: str) -> None:
    network = named(name)
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    if len(dense) == 1:
        with pytest.raises(UsageError, match=f"network {name} has no hidden layer, so no {axis}"):
            AXES[axis].point(network, 4)
        return
    few, many = (AXES[axis].point(network, value)[1] for value in (2, 32))
    assert few is not None
    assert many is not None
    assert parameter_count(few) < parameter_count(many)
    kept = [layer for layer in few.layers if isinstance(layer, BatchNorm)]
    assert bool(kept) == any(isinstance(layer, BatchNorm) for layer in network.layers)


def test_threads_are_no_axis_yet_and_the_message_says_what_to_do() -> None:
    with pytest.raises(UsageError, match=r"dlbench run .*--threads 1-4"):
        axis_named("threads")


def test_an_unknown_axis_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UsageError) as told:
        axis_named("widht")
    assert str(told.value) == (
        "unknown axis: 'widht'. Allowed: batch, size, width, depth. Did you mean 'width'?"
    )

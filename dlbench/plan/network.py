"""Read networks from the tables of a suite file, and refuse those that cannot be computed."""

from collections.abc import Mapping, Sequence
from typing import Any

from dlbench import registry
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.plan.mistakes import converted
from dlbench.records.layers import LAST_ACTIVATIONS, FullyConnected, Loss
from dlbench.records.network import RANDOM, Network
from dlbench.records.sequences import Embedding
from dlbench.syntax import choice

# A network for two classes has one output: the probability of the second.
TWO_CLASSES = 2


def read(file: str, tables: Sequence[Mapping[str, Any]]) -> tuple[Network, ...]:
    """Read all [[network]] tables of a file; UsageError for the first mistake."""
    networks: dict[str, Network] = {}
    for number, table in enumerate(tables, start=1):
        name = table.get("name")
        place = f'{file}, network "{name}"' if name else f"{file}, network {number}"
        network = converted(place, table, Network)
        check(place, network)
        if network.name in every() or network.name in networks:
            raise UsageError(f"{place}: another network has this name")
        networks[network.name] = network
    return tuple(networks.values())


def check(place: str, network: Network) -> None:
    """Raise a UsageError if no framework can compute the network, or if it does not fit its data.

    place: the beginning of the message.
    """
    _check_dataset(place, network)
    if not network.layers or not isinstance(network.layers[-1], FullyConnected):
        raise UsageError(f"{place}: the last layer must be dense or dropconnect")
    _check_layers(place, network)
    _check_last_activation(place, network)
    if network.has_data:
        _check_data(place, network)


def _check_dataset(place: str, network: Network) -> None:
    try:
        choice("dataset", network.dataset, (*registry.names("datasets"), RANDOM))
    except UsageError as error:
        raise error.at(place) from error


def _check_layers(place: str, network: Network) -> None:
    """Refuse a layer that cannot take what the one before it gives."""
    shape = network.inputs
    for number, layer in enumerate(network.layers, start=1):
        if fault := layer.fault(shape):
            kind = layer.__struct_config__.tag
            given = " x ".join(map(str, shape))
            raise UsageError(f"{place}: layer {number}, {kind}, gets {given} and {fault}")
        if isinstance(layer, Embedding) and number > 1:
            raise UsageError(f"{place}: layer {number}, embedding, must be the first layer")
        shape = layer.shape_after(shape)


def _check_last_activation(place: str, network: Network) -> None:
    last = network.last_activation
    allowed = LAST_ACTIVATIONS.get(network.loss, (last,))
    if last not in allowed:
        must = f"must be {' or '.join(allowed)} for the loss {network.loss}"
        what = f"the last layer's activation is {last} and {must}"
        raise UsageError.worded(f"{place}: {what}", value=last, allowed=", ".join(allowed))


def _check_data(place: str, network: Network) -> None:
    """Refuse a network whose inputs, loss or outputs do not fit its data set."""
    declared = registry.declaration("datasets", network.dataset, dict)
    losses, outputs = _losses_and_outputs(declared["classes"])
    for what, value, allowed in (
        ("inputs", list(network.inputs), [declared["features"]]),
        ("loss", network.loss, losses),
        ("the last layer's units", network.outputs, [outputs]),
    ):
        if value not in allowed:
            must = " or ".join(map(str, allowed))
            text = f"{place}: {what} is {value} and must be {must} for data set {network.dataset}"
            raise UsageError.worded(text, value=value, allowed=must)


def _losses_and_outputs(classes: int | None) -> tuple[tuple[Loss, ...], int]:
    """Return the losses and the number of outputs for so many classes; None is a regression."""
    if classes is None:
        return ("mse", "mae"), 1
    if classes == TWO_CLASSES:
        return ("binary_crossentropy", "mse", "mae"), 1
    return ("sparse_categorical_crossentropy", "nll"), classes

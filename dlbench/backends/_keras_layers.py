"""The layers of a Keras model: their number type, their weights, and what enters them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from dlbench.own.data import Array

# What the layers of Keras call the strength of their chance: Dropout, cells of LSTM and GRU,
# GaussianNoise.
CHANCES = ("rate", "dropout", "recurrent_dropout", "stddev")


@contextmanager
def floats(dtype: str) -> Iterator[None]:
    """Make layers of this dtype within the block."""
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before[0])
        keras.config.set_dtype_policy(before[1])


def every(model: Any) -> Iterator[Any]:
    """Yield the layers of a model and of the models in it, in order."""
    for layer in model.layers:
        yield from every(layer) if hasattr(layer, "layers") else (layer,)


def parts_of(model: keras.Model) -> list[Any]:
    """Return the layers of a model and their parts, such as the cell of an LSTM."""
    found: list[Any] = model._flatten_layers(include_self=False)  # noqa: SLF001 - `layers` has no parts
    return found


def chances(part: Any) -> list[str]:
    """Return the names of what makes a part random in training, and is not 0."""
    own = vars(part)
    return [name for name in CHANCES if isinstance(own.get(name), float | int) and own[name]]


def floats_of(model: keras.Model) -> list[Any]:
    """Return the variables of a model but for the states of its generators of random numbers."""
    return [one for one in model.variables if keras.backend.is_float_dtype(one.dtype)]


def weights_of(layer: Any) -> list[Any]:
    """Return the weights of a layer and of its parts in order: frozen ones too, no statistics."""
    parts = layer._flatten_layers()  # noqa: SLF001 - Keras tells frozen weights nowhere else
    learnt = {id(one) for part in parts for one in part._trainable_variables}  # noqa: SLF001
    return [one for one in layer.variables if id(one) in learnt]


def layers_of(model: keras.Model) -> Iterator[tuple[str, Any, list[Any]]]:
    """Yield the layers with weights, by name; last, what the model itself has."""
    seen: set[int] = set()
    for layer in every(model):
        variables = [one for one in weights_of(layer) if id(one) not in seen]
        seen |= set(map(id, variables))
        if variables:
            yield layer.name, layer, variables
    if rest := [one for one in weights_of(model) if id(one) not in seen]:
        yield model.name, None, rest


def take_over(model: keras.Model, start: Sequence[Array]) -> None:
    """Give a model what another one, with these variables, began with and does not learn.

    Statistics are such, and the states of its generators of random numbers.
    """
    drawn = {id(one) for _, _, variables in layers_of(model) for one in variables}
    for variable, value in zip(model.variables, start, strict=False):
        if id(variable) not in drawn:
            variable.assign(value)


def watched(array: Callable[[Any], Array], those: Sequence[Any]) -> dict[int, float]:
    """Return a table that the first call of each layer fills: the 2-norm of what enters it."""
    found: dict[int, float] = {}

    def watch(place: int, call: Callable[..., Any]) -> Callable[..., Any]:
        def see(inputs: Any, *arguments: Any, **named: Any) -> Any:
            if place not in found and hasattr(inputs, "shape"):
                found[place] = float(np.linalg.norm(array(inputs)))
            return call(inputs, *arguments, **named)

        return see

    for place, layer in enumerate(those):
        if layer is not None:
            layer.call = watch(place, layer.call)
    return found

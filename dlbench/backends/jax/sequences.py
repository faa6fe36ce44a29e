"""The layers of sequences in JAX, by jax.lax.scan: (batch, steps, values), as dlbench has it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from dlbench.records.layers import LayerNorm
from dlbench.records.sequences import GRU, LSTM, Embedding, Recurrent, SimpleRNN

Named = dict[str, Any]
Step = Callable[[Any, Any], tuple[Any, Any]]


def lstm(layer: LSTM, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return the outputs of a long short-term memory."""

    def step(state: tuple[Any, Any], given: Any) -> tuple[tuple[Any, Any], Any]:
        h, c = state
        i, f, g, o = jnp.split(given + h @ own["recurrent_kernel"], 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    return _scanned(layer, step, 2, x @ own["kernel"] + own["bias"])


def simple_rnn(layer: SimpleRNN, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return the outputs of a layer whose state is its output."""

    def step(state: tuple[Any], given: Any) -> tuple[tuple[Any], Any]:
        h = jnp.tanh(given + state[0] @ own["recurrent_kernel"])
        return (h,), h

    return _scanned(layer, step, 1, x @ own["kernel"] + own["bias"])


def gru(layer: GRU, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return the outputs of gated recurrent units, the reset gate after the product."""
    of_inputs, of_state = own["bias"]

    def step(state: tuple[Any], given: Any) -> tuple[tuple[Any], Any]:
        (h,) = state
        z_given, r_given, n_given = jnp.split(given, 3, axis=-1)
        z_state, r_state, n_state = jnp.split(h @ own["recurrent_kernel"] + of_state, 3, axis=-1)
        z, r = jax.nn.sigmoid(z_given + z_state), jax.nn.sigmoid(r_given + r_state)
        h = z * h + (1 - z) * jnp.tanh(n_given + r * n_state)
        return (h,), h

    return _scanned(layer, step, 1, x @ own["kernel"] + of_inputs)


def embedding(layer: Embedding, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return the rows of tokens that are stored as all inputs are."""
    return own["embeddings"][x.astype(jnp.int32)]


def _scanned(layer: Recurrent, step: Step, states: int, given: Any) -> Any:
    """Return the outputs of all steps or of the last one.

    states: how many arrays a step hands on, the first of which is its output; given: inputs @
    kernel + bias.
    """
    start = (jnp.zeros((len(given), layer.units), given.dtype),) * states
    final, outputs = jax.lax.scan(step, start, given.swapaxes(0, 1))
    return outputs.swapaxes(0, 1) if layer.return_sequences else final[0]


def layer_norm(layer: LayerNorm, own: Named, key: Any, x: Any) -> Any:  # noqa: ARG001
    """Return every row or step, normalised."""
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    normal = (x - mean) * jax.lax.rsqrt(variance + layer.epsilon)
    return own["gamma"] * normal + own["beta"]


LAYERS: dict[type, Callable[..., Any]] = {
    Embedding: embedding,
    SimpleRNN: simple_rnn,
    LSTM: lstm,
    GRU: gru,
    LayerNorm: layer_norm,
}

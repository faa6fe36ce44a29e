"""Bound the errors of correct gradients for two reasons beyond ordinary rounding.

Kinks: if a pre-activation z is closer to 0 than its rounding error, it may have either sign in
another precision. The gradient through a ReLU is then present or absent, so it jumps. Large batches
always have such z. `kink_slack` bounds the jump of every gradient; mostly it is zero.
Cancellation: a gradient is a sum, and its terms round by their own size, however small the sum is.
The gradient by a bias before batch norm is 0 apart from rounding. `magnitudes` returns the size of
the terms.
"""

import numpy as np

from dlbench.reference.activations import jump_at_kinks
from dlbench.reference.arrays import Array, Weights
from dlbench.reference.mlp import MLP
from dlbench.reference.op import Op
from dlbench.reference.ops import BatchNormOp, DenseOp


def kink_slack(mlp: MLP, x: Array, y: Array, relative: float) -> Weights:
    """Bound the jump of every gradient.

    relative: the rounding error of z as a share of its largest magnitude.
    """
    z = mlp.logits(x, training=True)
    delta = mlp.head.delta(z, y)
    jump = np.zeros_like(delta)
    slack: Weights = {}
    for index in range(len(mlp.ops) - 1, mlp.first - 1, -1):
        op = mlp.ops[index]
        jump = _at_kinks(op, delta, jump, relative)
        slack |= {f"layer{index}.{n}": v for n, v in _through_weights(op, jump).items()}
        delta, _ = op.backward(delta, need_input=index > mlp.first)
        jump = _through(op, jump) if index > mlp.first else jump
    return slack


def magnitudes(mlp: MLP) -> Weights:
    """Return the sum of the absolute terms of every gradient; call it after MLP.backward."""
    return {
        f"layer{index}.{name}": value
        for index, op in enumerate(mlp.ops)
        if op.weights
        for name, value in _through_weights(op, np.abs(op.delta)).items()  # type: ignore[attr-defined]
    }


def _at_kinks(op: Op, delta: Array, jump: Array, relative: float) -> Array:
    if not isinstance(op, DenseOp):
        return op.at_kinks(delta, jump, relative)
    if op.last:
        return jump
    return jump_at_kinks(op.layer.activation, op.z, delta, jump, relative)


def _through_weights(op: Op, jump: Array) -> Weights:
    if isinstance(op, DenseOp):
        return {"kernel": np.abs(op.x).T @ jump, "bias": jump.sum(axis=0)}
    if isinstance(op, BatchNormOp):
        over = op.over
        return {"gamma": (jump * np.abs(op.normal)).sum(axis=over), "beta": jump.sum(axis=over)}
    return op.weight_bounds(jump)


def _through(op: Op, jump: Array) -> Array:
    if isinstance(op, DenseOp):
        return jump @ np.abs(op.used).T
    if isinstance(op, BatchNormOp):
        normal, jump = np.abs(op.normal), jump * np.abs(op.weights["gamma"])
        mean, along = jump.mean(axis=op.over), (jump * normal).mean(axis=op.over)
        return op.scale * (jump + mean + normal * along)
    return op.input_bound(jump)

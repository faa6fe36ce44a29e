"""Exact work of matrix multiplications and of passes through a network.

Conventions (docs/design.md): FLOPs are those of the matrix multiplications, 2mnk each. Backward
computes the gradient of every kernel, and of every layer's input except the first layer's, which
needs no gradient; so training takes less than three times the FLOPs of a forward pass. Elements are
the operands and results of those multiplications, each counted once. A convolution multiplies all
windows by its kernel, padding included; its values are counted once, though windows overlap.
"""

from dlbench.records.case import Work
from dlbench.records.layer import Product
from dlbench.records.network import Network, products_of


def matmul(m: int, n: int, k: int) -> Work:
    """Return the work of the product of an (m, k) and a (k, n) matrix."""
    return Work(flops=2 * m * n * k, elements=m * k + k * n + m * n)


def forward(network: Network, batch: int) -> Work:
    """Return the work of one pass from the inputs to the outputs."""
    return _total([_once(one, batch) for one in products_of(network)], batch)


def backward(network: Network, batch: int) -> Work:
    """Return the work of one forward pass and the gradients of all parameters."""
    products = products_of(network)
    outputs_and_kernels = 2 * [_once(one, batch) for one in products]
    inputs = [_once(one._replace(times=one.input_gradients), batch) for one in products]
    return _total(outputs_and_kernels + inputs, batch)


def _once(product: Product, batch: int) -> Work:
    """Return the work of a product for a whole batch.

    That of either gradient is the same: one of its operands or its result changes places with
    another.
    """
    inputs, outputs, rows, values, _, times, _ = product
    elements = batch * values + inputs * outputs + batch * rows * outputs
    return Work(flops=2 * times * batch * rows * inputs * outputs, elements=times * elements)


def epoch(network: Network, rows: int, batch: int) -> Work:
    """Return the work of training on all rows once, including a smaller last batch."""
    whole, rest = divmod(rows, batch)
    steps = [backward(network, batch)] * whole + ([backward(network, rest)] if rest else [])
    return Work(
        flops=sum(step.flops for step in steps),
        elements=sum(step.elements for step in steps),
        samples=rows,
    )


def _total(parts: list[Work], batch: int) -> Work:
    return Work(
        flops=sum(part.flops for part in parts),
        elements=sum(part.elements for part in parts),
        samples=batch,
    )

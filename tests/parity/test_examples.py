"""The lecture's worked examples: what is expected is worked out here once more, by hand."""

import numpy as np
import pytest

from dlbench import registry
from dlbench.backends.base import Setting
from dlbench.parity.examples import EXAMPLES

# As ../shared/lecture.md has them: exact, or to four and three digits.
BY_HAND = {
    "zero-one": [0, 1, 0],
    "train-loss": 1 / 3,
    "hinge": [0, 2, 0.5],
    "logistic": [np.log1p(np.exp(-2)), np.log1p(np.exp(1)), np.log1p(np.exp(-0.5))],
    "output": -1,
    "loss": 2,
    "output-gradient": -2,
    "gradient": [[-2, -4], [-2, 2]],
    "sgd": [[1.2, -0.6], [1.2, 1.8]],
    "momentum": [[1.2, -0.6], [1.2, 1.8]],
    "adagrad": [[1.1, -0.9], [1.1, 1.9]],
    "rmsprop": [[2, 0], [2, 1]],
    "adam": [[1.1, -0.9], [1.1, 1.9]],
    "batch-norm": [2 * (x - 3) / 3.501**0.5 + 1 for x in (1, 2, 3, 6)],
}


def test_every_example_of_the_lecture_is_there():
    assert set(EXAMPLES) == set(BY_HAND)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_expected_is_right(name):
    example = EXAMPLES[name]
    np.testing.assert_allclose(example.expected, BY_HAND[name], rtol=0, atol=example.within)


@pytest.mark.parametrize("name", EXAMPLES)
def test_numpy_works_it_out(name):
    backend = registry.load("backends", "numpy").start(Setting("cpu", "eager", "float64", 1, ""))
    found = EXAMPLES[name].compute(backend)
    np.testing.assert_allclose(found, BY_HAND[name], rtol=0, atol=EXAMPLES[name].within)


def test_slips_are_told_where_the_lecture_is_wrong_and_nowhere_else():
    """What is printed, read as numbers to the digits that it has."""
    for name, example in EXAMPLES.items():
        if example.printed is not None:
            printed = (
                np.array([float(n) for n in example.printed.strip("[]").split(", ") if n])
                if "[" not in example.printed
                else np.array(
                    [
                        [float(n) for n in row.strip("[]").split(", ")]
                        for row in example.printed.split("], [")
                    ]
                )
            )
            near = np.allclose(printed, np.array(BY_HAND[name]), rtol=0, atol=5e-3)
            assert near is (example.slip is None), name

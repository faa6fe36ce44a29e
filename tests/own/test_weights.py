"""The common start weights: drawn by place and shape, whatever the framework."""

import numpy as np

from dlbench.own.weights import drawn, longest_sum


def test_the_same_place_and_shape_have_the_same_numbers():
    one, other = (drawn(np.full((50, 40), value), 1, 0, 7) for value in (0.3, -2.0))
    assert (one == other).all()
    assert not (one == drawn(np.zeros((50, 40)), 2, 0, 7)).all()
    assert not (one == drawn(np.zeros((50, 40)), 1, 0, 8)).all()


def test_a_kernel_keeps_the_size_of_what_passes_it():
    kernel = drawn(np.zeros((5, 5, 4, 300)), 0, 0, 0)
    assert abs(kernel.std() - 0.1) < 0.005  # 1 / root(5 * 5 * 4)


def test_a_bias_is_about_0_and_a_scale_about_1():
    assert abs(drawn(np.zeros(2000), 0, 1, 0).mean()) < 0.02
    assert abs(drawn(np.ones(2000), 0, 1, 0).mean() - 1) < 0.02


def test_the_longest_sum_is_that_of_a_kernel():
    assert longest_sum([(3,), (3, 3, 16, 8), (10, 4)]) == 144
    assert longest_sum([(3,)]) == 1

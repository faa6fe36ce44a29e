"""Series are workloads that differ in exactly one number."""

from dlbench.answers.series import Series, series_of
from fakes.runs import forward, matmul


def test_batches_of_a_network_are_a_series_in_ascending_order() -> None:
    workloads = [forward(batch=64), forward(batch=8), forward("abalone", batch=8)]
    points = {8: forward(batch=8).id, 64: forward(batch=64).id}
    assert series_of(workloads) == [Series("forward", {"network": "iris"}, "batch", points)]


def test_square_products_differ_in_their_size() -> None:
    points = {64: matmul(64).id, 256: matmul(256).id}
    assert series_of([matmul(64), matmul(256)]) == [Series("matmul", {}, "size", points)]


def test_products_that_differ_in_one_side_are_a_series_of_that_side() -> None:
    (found,) = series_of([matmul(8, 16, 32), matmul(8, 16, 64), matmul(9, 17, 65)])
    assert (found.parameter, found.fixed, list(found.points)) == ("k", {"m": 8, "n": 16}, [32, 64])


def test_what_differs_in_more_is_no_series() -> None:
    assert series_of([forward("iris", 8), forward("abalone", 16), matmul(8)]) == []
    assert series_of([]) == []

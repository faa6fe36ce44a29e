"""Splits, stand-ins and batches: shapes, types, seeds, and what is refused."""

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench.datasets.base import Split, batch, known_rows, permuted, rows_of
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.records.layers import Dense
from fakes.networks import network

ROWS = 10


def numbered(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that can be told apart, each with its number as label."""
    y = np.arange(rows, dtype=np.float32)[:, None]
    return np.hstack([y, -y]), y


def training_only(rows: int) -> Split:
    return permuted(*numbered(rows), test_rows=0, seed=0)


def test_permuted_uses_every_row_once_and_keeps_its_label() -> None:
    split = permuted(*numbered(ROWS), test_rows=3, seed=0)
    assert (len(split.x_train), len(split.x_test)) == (7, 3)
    assert sorted(np.concatenate([split.y_train, split.y_test])[:, 0]) == list(range(ROWS))
    np.testing.assert_array_equal(split.x_train[:, :1], split.y_train)
    np.testing.assert_array_equal(split.x_test[:, :1], split.y_test)


def test_permuted_depends_on_the_seed_alone() -> None:
    first, again, other = (
        permuted(*numbered(ROWS), test_rows=3, seed=s).y_train for s in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("test_rows", [0, ROWS])
def test_one_part_of_a_split_may_be_empty(test_rows: int) -> None:
    split = permuted(*numbered(ROWS), test_rows=test_rows, seed=0)
    assert split.x_test.shape == (test_rows, 2)
    assert split.x_train.shape == (ROWS - test_rows, 2)


@pytest.mark.parametrize("test_rows", [-1, ROWS + 1])
def test_impossible_numbers_of_test_rows_are_refused(test_rows: int) -> None:
    with pytest.raises(ValueError, match="out of 10"):
        permuted(*numbered(ROWS), test_rows=test_rows, seed=0)


def test_inputs_and_labels_must_be_equally_many() -> None:
    x, y = numbered(ROWS)
    with pytest.raises(ValueError, match="10 rows of inputs but 9 labels"):
        Split(x, y[:-1], x, y)
    with pytest.raises(ValueError, match="9 rows of inputs but 10 labels"):
        Split(x, y, x[:-1], y)


def test_batch_pairs_distinct_rows_with_their_labels() -> None:
    x, y = batch(training_only(ROWS), 4, seed=0)
    assert (x.shape, y.shape) == ((4, 2), (4, 1))
    assert len(np.unique(y)) == 4
    np.testing.assert_array_equal(x[:, :1], y)


def test_a_larger_batch_begins_with_the_smaller_one() -> None:
    split = training_only(ROWS)
    small, large = (batch(split, size, seed=5)[1] for size in (4, 25))
    np.testing.assert_array_equal(large[:4], small)


@pytest.mark.parametrize("size", [10, 20, 25])
def test_batch_repeats_whole_permutations(size: int) -> None:
    _, y = batch(training_only(ROWS), size, seed=0)
    _, counts = np.unique(y, return_counts=True)
    assert len(y) == size
    assert counts.max() - counts.min() == (1 if size % ROWS else 0)
    assert len(np.unique(y[:ROWS])) == ROWS


def test_batch_permutations_differ_from_each_other() -> None:
    _, y = batch(training_only(ROWS), 2 * ROWS, seed=0)
    assert not np.array_equal(y[:ROWS], y[ROWS:])


def test_batch_depends_on_the_seed_alone() -> None:
    split = training_only(ROWS)
    first, again, other = (batch(split, 8, seed=s)[1] for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_batch_is_a_copy() -> None:
    split = training_only(ROWS)
    batch(split, ROWS, seed=0)[0][:] = 99
    assert split.x_train.max() < 99


@pytest.mark.parametrize(("rows", "size"), [(ROWS, 0), (ROWS, -1), (0, 4)])
def test_impossible_batches_are_refused(rows: int, size: int) -> None:
    with pytest.raises(ValueError, match="cannot take a batch"):
        batch(training_only(rows), size, seed=0)


@pytest.mark.parametrize(("name", "rows"), [("iris", 100), ("mnist-512", 60_000)])
def test_rows_are_those_of_the_training_data(name, rows):
    assert rows_of(every()[name]) == rows


def test_a_network_without_data_has_no_epoch():
    with pytest.raises(UsageError, match=r"the network has none.*'small'.*measure train_step"):
        rows_of(network(Dense(3)))


def test_rows_of_data_that_are_not_here_are_not_known():
    assert known_rows(every()["iris"]) == 100
    assert known_rows(network(Dense(3))) is None
    assert known_rows(replace(every()["iris"], dataset="of-a-plug-in")) is None

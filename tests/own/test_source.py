"""What a backend gets of a user's own file."""

import numpy as np
import pytest

from dlbench.errors import DlbenchError
from dlbench.own.source import Source
from fakes.own import file_of

TEXT = 'loss = "mse"\n\n\ndef torch_model():\n    return {}\n'


def source(networks, **changed):
    return Source(
        **{"network": networks["net"], "name": "torch_model", "rows": 4, "seed": 0} | changed
    )


def test_the_function_is_called(tmp_path):
    with file_of(tmp_path, TEXT.format("[1]")) as networks:
        assert source(networks).make(list, "list") == [1]


def test_every_call_draws_the_same(tmp_path):
    text = TEXT.format("[random.random(), numpy.random.rand()]")
    seeds = []
    with file_of(tmp_path, f"import random, numpy\n{text}") as networks:
        first, again = (source(networks).make(list, "list", seeds.append) for _ in range(2))
    assert first == again
    assert seeds == [0, 0]


def test_another_result_is_told_with_the_line(tmp_path):
    with (
        file_of(tmp_path, TEXT.format("3")) as networks,
        pytest.raises(
            DlbenchError, match=r"net.py, line 4: torch_model\(\) returns no list: 'int'"
        ),
    ):
        source(networks).make(list, "list")


def test_data_are_drawn_once(tmp_path):
    text = TEXT.format("3") + (
        "import numpy\ndrawn = numpy.random.default_rng()\n"
        "def batch(n):\n    return drawn.normal(size=(n, 2)), [0.0] * n\n"
    )
    with file_of(tmp_path, text) as networks:
        given = source(networks)
        assert (given.x() == given.x()).all()
        assert given.y((4, 1)).shape == (4, 1)


def test_random_data_fit_the_model(tmp_path):
    with file_of(tmp_path, TEXT.format("3")) as networks:
        given = source(networks)
        assert given.x((5,)).shape == (4, 5)
        assert given.y((4, 2)).shape == (4, 2)
        assert np.array_equal(given.y((4, 2)), source(networks).y((4, 2)))


def test_an_error_of_the_network_is_told_at_the_function(tmp_path):
    expected = pytest.raises(DlbenchError, match=r"net\.py, line 4: ValueError: shapes")
    with file_of(tmp_path, TEXT.format("3")) as networks, expected, source(networks).told():
        raise ValueError("shapes")

"""Histories in Python and on the command line."""

import numpy as np
import pytest

import dlbench
from fakes.runs import NUMPY, TORCH
from fakes.terminal import dlbench as typed
from fakes.worlds import World, dated, store

WORLD = World(luck=0.002, generations=1, rounds=6, workloads=1, targets=(NUMPY, TORCH))


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with three runs."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    store(tmp_path / "results", *(dated(number, rng, WORLD) for number in (1, 2, 3)))
    return tmp_path


def test_a_frame_has_a_line_per_case_and_run(here):
    found = dlbench.history()
    frame = found.frame()
    assert len(frame) == 6
    assert frame["ratio"].isna().sum() == 3
    assert [*frame["run"].unique()] == [one.run for one in found.series[0].points]
    assert "2 cases in 3 runs" in repr(found)
    assert "<table" in found._repr_html_()


def test_no_run_is_told(here):
    with pytest.raises(dlbench.UsageError, match="no run in results/ matches: 'x\\*'"):
        dlbench.history("x*")
    answer = typed("history", "x*")
    assert (answer.code, answer.out) == (2, "")


@pytest.mark.parametrize("form", ["table", "md", "csv", "json", "html"])
def test_every_format(here, form):
    answer = typed("history", "*", "--format", form)
    assert (answer.code, answer.err) == (0, "")
    assert "torch" in answer.out

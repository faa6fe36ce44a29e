"""Results as data frames: their lines, columns and types."""

import pandas as pd
import pytest

from dlbench.analysis import frames
from dlbench.analysis.columns import COLUMNS
from dlbench.analysis.run import rows_of
from fakes.runs import COMPILED, NUMPY, TORCH, case, forward, matmul, measured, results_of
from fakes.trainings import broken, trained

PRODUCT, PASS = case(matmul(8)), case(forward(), COMPILED)


@pytest.fixture
def results():
    return results_of([PRODUCT, PASS], [measured(PRODUCT, 1e-3, 2e-3, 3e-3)])


def test_a_case_is_a_line_also_where_it_was_not_measured(results):
    frame = frames.of_rows(rows_of(results), "a-run")
    assert list(frame["label"]) == ["matmul 8", "forward iris batch 32"]
    assert list(frame["workload_id"]) == ["matmul/8x8x8", "forward/iris/b32"]
    assert list(frame["target"]) == [NUMPY.id, COMPILED.id]
    assert list(frame["status"]) == ["ok", "skipped"]
    assert frame["time_s"][0] == pytest.approx(2e-3)
    assert pd.isna(frame["time_s"][1])
    assert set(frame["run"]) == {"a-run"}
    assert pd.isna(frame["network"][0])
    assert (frame["network"][1], frame["batch"][1]) == ("iris", 32)


def test_it_has_the_columns_of_the_table_but_for_the_axes(results):
    columns = list(frames.of_rows(rows_of(results), "a-run").columns)
    first = ["label", "workload_id", "target"]
    others = [name for name in COLUMNS if name not in {"params", *first}]
    assert [name for name in columns if name in COLUMNS] == [*first, *others]


@pytest.mark.parametrize("rows", [0, 2])
def test_columns_have_their_types_whatever_is_in_them(results, rows):
    types = frames.of_rows(rows_of(results)[:rows], "a-run").dtypes.astype(str)
    assert types["time_s"] == types["ratio"] == types["compile_s"] == "float64"
    assert types["threads"] == types["blocks"] == "int64"
    assert types["iterations"] == types["graphs"] == types["batch"] == "Int64"
    assert types["busy"] == types["synthetic"] == "bool"
    assert types["verdict"] == types["reason"] == types["label"] == "string"


def test_a_sample_is_a_line(results):
    frame = frames.of_samples(results.measurements, {PRODUCT.id: PRODUCT})
    assert list(frame["step_s"]) == pytest.approx([1e-3, 2e-3, 3e-3])
    assert list(frame["round"]) == [0, 1, 2]
    assert not frame["null"].any()
    assert not frame["disturbed"].any()
    assert frame["flags"].tolist() == ["", "", ""]
    assert frame["foreign_s"].isna().all()


def test_a_training_is_a_line():
    results = (trained(0.5, 0.8), broken(0.4, target=TORCH))
    frame = frames.of_trainings(results)
    assert list(frame["accuracy"]) == [0.8, 0.4]
    assert list(frame["epochs"]) == [2, 1]
    assert list(frame["status"]) == ["ok", "failed"]

"""Runs in the formats of other programs, in Python and on the command line."""

import csv
import io
import json
import subprocess
import sys

import pytest

import dlbench
from dlbench.formats import base
from fakes.terminal import dlbench as typed
from fakes.worlds import store, two_runs


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two runs of eight cases."""
    monkeypatch.chdir(tmp_path)
    store(tmp_path / "results", *two_runs(1))
    return tmp_path


TEXTS = [name for name in base.exports() if base.export_declaration(name).is_text]


def test_there_are_the_exports_that_are_promised():
    assert set(base.exports()) == {
        *("csv", "parquet", "json", "markdown"),
        *("latex", "pytest-benchmark", "bencher", "otava"),
    }


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_printed_or_written(here, name):
    answer = typed("export", "latest", "--to", name)
    assert (answer.code, answer.err) == (0, "")
    assert "torch" in answer.out
    written = typed("export", "latest", "--to", name, "-o", "out/file")
    assert written.out == "out/file\n"
    assert (here / "out" / "file").read_text(encoding="utf-8") == answer.out


def test_a_file_is_not_written_over(here):
    (here / "mine").write_text("mine", encoding="utf-8")
    answer = typed("export", "-o", "mine")
    assert answer.code == 2
    assert "--force" in answer.err
    assert (here / "mine").read_text(encoding="utf-8") == "mine"
    assert typed("export", "-o", "mine", "--force").code == 0


def test_an_unknown_format_names_the_known(here):
    answer = typed("export", "--to", "pdf")
    assert answer.code == 2
    assert "pytest-benchmark" in answer.err


def test_csv_is_what_show_writes(here):
    assert typed("export", "--to", "csv").out == typed("show", "--format", "csv").out


def test_most_formats_take_one_run(here):
    answer = typed("export", "latest", "latest~1", "--to", "csv")
    assert answer.code == 2
    assert "csv takes one run" in answer.err


def test_otava_has_a_line_per_run_the_oldest_first(here):
    text = typed("export", "latest", "latest~1", "--to", "otava").out
    first, second = csv.DictReader(io.StringIO(text))
    assert first["time"] < second["time"]
    times = [float(value) for name, value in second.items() if name.startswith("matmul/")]
    assert len(times) == 8
    assert all(0 < one < 1 for one in times)


def test_bencher_has_nanoseconds_within_their_interval(here):
    found = json.loads(dlbench.export(to="bencher"))
    assert len(found) == 8
    for one in found.values():
        latency = one["latency"]
        assert latency["lower_value"] <= latency["value"] <= latency["upper_value"]
        assert 1e5 < latency["value"] < 1e7  # of about a millisecond


def test_latex_is_a_table_without_commands_of_strangers(here):
    text = dlbench.export(to="latex").decode()
    assert text.count(r"\\") == 9  # the head and eight cases
    assert r"\begin{tabular}" in text
    from dlbench.formats.latex import escaped

    assert escaped(r"\input{x} 5 % & _") == r"\textbackslash{}input\{x\} 5 \% \& \_"


def test_parquet_says_what_is_missing(here, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    answer = typed("export", "--to", "parquet", "-o", "out.parquet")
    assert answer.code == 2
    assert "pip install -e '.[parquet]'" in answer.err
    assert not (here / "out.parquet").exists()


def test_parquet_is_read_by_pandas(here):
    pytest.importorskip("pyarrow")
    from pandas import read_parquet

    dlbench.export(["latest", "latest~1"], "parquet", here / "out.parquet")
    frame = read_parquet(here / "out.parquet")
    assert len(frame) == 16
    assert frame["run"].nunique() == 2


def test_bytes_are_not_printed(here):
    answer = typed("export", "--to", "parquet")
    assert answer.code == 2
    assert "-o FILE" in answer.err


# --- pytest-benchmark ----------------------------------------------------------------------------


def test_the_statistics_are_those_of_the_library(here):
    from pytest_benchmark.stats import Stats

    found = json.loads(dlbench.export(to="pytest-benchmark"))
    assert len(found["benchmarks"]) == 8
    for one in found["benchmarks"]:
        theirs = Stats()
        for value in one["stats"]["data"]:
            theirs.update(value)
        for name in ("min", "max", "mean", "stddev", "rounds", "median", "ops", "total"):
            assert one["stats"][name] == pytest.approx(getattr(theirs, name)), name
        assert set(Stats.fields) <= set(one["stats"])


def test_pytest_benchmark_compares_two_exports(here):
    for name, run in (("0001_a.json", "latest~1"), ("0002_b.json", "latest")):
        dlbench.export(run, "pytest-benchmark", here / name)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest_benchmark", "compare", "0001_a.json", "0002_b.json"),
            *("--group-by=fullname", "--columns=median,iqr,rounds,outliers"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=here,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("benchmark 'matmul/") == 8
    assert "Failed to load" not in done.stdout + done.stderr

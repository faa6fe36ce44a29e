"""What a person and a program read of a comparison."""

import json

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.archive.comparison import compare_runs
from dlbench.archive.gate import judge
from dlbench.archive.sheet import MOST_LINES, sheet_of
from dlbench.archive.targets import compare_targets
from dlbench.formats import base
from fakes.runs import COMPILED, NUMPY, TORCH
from fakes.worlds import two_runs


@pytest.fixture(scope="module")
def slow():
    return compare_runs(*two_runs(1, slower={TORCH: 1.5, COMPILED: 1.0}))


def text(sheet, form="table", width=80):
    return base.sheet_writer(form)(sheet, Console(width=width, color_system=None))


def test_a_person_reads_times_ratio_interval_and_verdict(slow):
    shown = text(sheet_of(slow))
    [line, _] = [one for one in shown.splitlines() if "torch eager" in one]
    assert line.split()[-1] == "slower"
    assert "1.5" in line
    assert "changed: torch 2.13.0 → 2.14.0" in shown
    assert "Machine (cpu): 4 cases of 2 targets with unchanged software" in shown


def test_tables_fit_into_eighty_columns(slow):
    tables = [
        line
        for line in text(sheet_of(slow)).splitlines()
        if line.startswith(("torch", "numpy", "─"))
    ]
    assert tables
    assert max(map(len, tables)) <= 80


def test_the_gate_comes_first(slow):
    shown = text(sheet_of(slow, judge(slow, 0.05)))
    first = next(line for line in shown.splitlines() if line.startswith("- "))
    assert first.startswith("- gate failed: 2 of 8 cases are slower by more than 5 % beyond doubt")


def test_a_gate_that_passes_says_what_it_detects():
    found = compare_runs(*two_runs(2))
    shown = text(sheet_of(found, judge(found, 0.05)))
    assert "- gate passed: no case is slower by more than 5 % beyond doubt" in shown
    assert "- the gate detects a case that is slower by" in shown


def test_a_strict_gate_says_what_it_cannot_tell():
    found = compare_runs(*two_runs(2))
    shown = text(sheet_of(found, judge(found, 0.0, strict=True)))
    assert "- gate cannot tell (--strict): 8 may be slower by more than 0 %" in shown


def test_a_program_reads_all(slow):
    found = json.loads(text(sheet_of(slow, judge(slow, 0.05)), "json"))
    assert found["gate"]["outcome"] == "slower"
    assert len(found["rows"]) == 8
    assert found["software"] == {"torch": "torch 2.13.0 → 2.14.0"}
    assert set(found["machine_change"]) == {"cpu"}
    assert {"case", "a_s", "b_s", "ratio", "low", "high", "verdict", "p_gate"} <= set(
        found["rows"][0]
    )
    head, *lines = text(sheet_of(slow), "csv").splitlines()
    assert head.startswith("case,workload,label,target,backend,a_s,b_s,raw,ratio,low,high,verdict")
    assert len(lines) == 8


def test_markdown_and_html_have_the_table(slow):
    assert "| torch eager |" in text(sheet_of(slow), "md")
    shown = text(sheet_of(slow), "html")
    assert shown.count("<table") == 2
    assert "<script" not in shown


def test_what_is_on_one_side_only_is_named():
    a, b = two_runs(3)
    groups = tuple(replace(one, cases=one.cases[:-1]) for one in b.run.plan.groups)
    b = replace(b, run=replace(b.run, plan=replace(b.run.plan, groups=groups)))
    shown = text(sheet_of(compare_runs(a, b)))
    assert "Only in A (not planned in B): matmul/8x8x8/other" in shown.replace("\n", " ")


def test_two_machines_are_a_warning():
    a, b = two_runs(4)
    b = replace(b, run=replace(b.run, environment=replace(b.run.environment, cores=64)))
    shown = text(sheet_of(compare_runs(a, b)))
    assert shown.startswith("Warning: A and B are of two machines")
    assert "cores 4 → 64" in shown


def test_a_long_page_shows_the_changes_beyond_doubt():
    found = compare_runs(*two_runs(5, slower={TORCH: 1.5, COMPILED: 1.5}, workloads=12))
    assert len(found.changes) > MOST_LINES
    shown = text(sheet_of(found))
    lines = [one for one in shown.splitlines() if one.startswith(("torch ", "numpy ", "other "))]
    assert lines
    assert all(line.split()[-1] in {"slower", "faster"} for line in lines)
    assert "--top 0 shows all" in shown
    every = text(sheet_of(found, top=0))
    assert sum(one.startswith(("torch ", "numpy ", "other ")) for one in every.splitlines()) == 48


def test_targets_of_a_run_are_one_table():
    run, _ = two_runs(6)
    sheet = sheet_of(compare_targets(run, "numpy", "torch/eager"))
    [table] = sheet.tables
    assert [label for label, _ in table.rows] == ["matmul 8", "matmul 16"]
    assert "side by side" in sheet.remarks[-1]
    assert NUMPY.id in sheet.sources[0]

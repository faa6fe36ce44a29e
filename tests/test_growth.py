"""Twice as many cases are twice as much work: counted in executed lines, not in seconds.

bench/reach/scaling.py measures the same in seconds and bytes, up to 20,000 cases.
"""

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench import registry
from dlbench.analysis.run import RunAnalysis
from dlbench.archive.comparison import compare_runs
from dlbench.archive.gate import judge
from dlbench.archive.sheet import sheet_of
from dlbench.experience import costs, luck
from dlbench.formats import base as formats
from dlbench.grouping import grouped
from dlbench.harness.supervisor.run import Supervisor
from dlbench.plan import build, suite
from dlbench.plan.estimate import estimate, expected, forecast
from dlbench.plan.request import Request
from dlbench.records.costs import NO_COSTS
from dlbench.report import page
from dlbench.report.document import document_of
from dlbench.report.view import DEFAULT, view_of
from dlbench.report.watching.watchers import LogWatcher, ScreenWatcher
from dlbench.results.folder import RUN, read_run
from fakes import many
from fakes.machine import machine
from fakes.runs import run_of
from fakes.steps import growth, lines_of
from fakes.watched import log, terminal

# 2 is linear; a sorted list and a longer number are a little more.
LINEAR = 2.1
FEW = 6

VIEWS = {
    "ranking": DEFAULT,
    "baseline": view_of("numpy", None, "rank", None),
    "parameter": view_of("m=1", None, "rank", None),
    "wide": view_of("torch/eager", None, "plan", None, wide=True),
}


def test_what_is_counted() -> None:
    assert growth(lambda n: [grouped(range(n), int) for _ in range(3)], 8) == pytest.approx(2.0)
    assert growth(lambda n: [grouped(range(n), int) for _ in range(n)], 8) > 3.5
    assert lines_of(lambda: sum(one for one in range(99))) == 0, "only lines of dlbench count"


def test_a_plan_grows_with_its_cases() -> None:
    asked = suite.load("matmul")

    def made(count: int) -> None:
        sizes = tuple(map(str, range(1, count + 1)))
        plan = build.make(asked, Request(suite="matmul", size=sizes), machine())
        estimate(plan)
        expected(plan)
        assert len(plan.groups) == count

    assert growth(made, FEW) <= LINEAR


@pytest.mark.parametrize("watcher", [LogWatcher, ScreenWatcher])
def test_a_run_grows_with_its_cases(watcher) -> None:
    """A supervisor with its scripted workers, and what is shown meanwhile."""

    def measured(count: int) -> None:
        plan, workers = many.plan(count, generations=2, blocks=2), many.Noisy()
        clock = workers.clock.seconds
        watching = watcher(log() if watcher is LogWatcher else terminal(height=6), clock)
        watching.see(run_of([], plan=plan))
        watching.see(forecast(plan))
        ahead_s = expected(plan, NO_COSTS)
        for event in Supervisor(plan, workers.launch, clock, expected_s=ahead_s).measure():
            watching.see(event)

    assert growth(measured, FEW) <= LINEAR


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_what_is_shown_grows_with_the_run(view) -> None:
    runs = {count: many.results(count) for count in (FEW, 2 * FEW, 4 * FEW)}

    def shown(count: int) -> None:
        document = document_of(runs[count], view)
        for name in formats.options():
            formats.named(name).write(document, Console(width=80))

    assert growth(shown, FEW) <= LINEAR


def test_a_comparison_grows_with_the_runs() -> None:
    first = {count: many.results(count) for count in (FEW, 2 * FEW, 4 * FEW)}
    runs = {n: (a, replace(a, run=replace(a.run, id="other"))) for n, a in first.items()}

    def compared(count: int) -> None:
        found = compare_runs(*runs[count])
        sheet = sheet_of(found, judge(found, 0.05), top=0)
        formats.sheet_writer("table")(sheet, Console(width=80))

    assert growth(compared, FEW) <= LINEAR


def test_repetitions_grow_as_well() -> None:
    runs = {count: many.results(2, generations=count) for count in (6, 12, 24)}
    assert growth(lambda count: document_of(runs[count]), 6) <= LINEAR


def test_a_report_grows_with_the_run() -> None:
    runs = {count: many.results(count) for count in (FEW, 2 * FEW, 4 * FEW)}

    def reported(count: int) -> None:
        reading = RunAnalysis(runs[count]).against()
        content = page._content(runs[count], reading)
        missing = {"pictures": [], "headlines": [], "answers": []}
        page._rendered("index.html.j2", content | missing)
        for chart in registry.names("charts"):
            registry.load("charts", chart).draw(reading.rows)

    assert growth(reported, FEW) <= LINEAR


def test_what_is_learnt_and_read_grows_with_the_run(tmp_path) -> None:
    def read(count: int) -> None:
        found, folder = many.results(count), tmp_path / str(count)
        folder.mkdir()
        with RUN.writing(folder, found.run) as written:
            for one in found.measurements:
                written.append(one)
        luck.remember(read_run(folder))
        costs.remember(read_run(folder))

    assert growth(read, FEW) <= LINEAR

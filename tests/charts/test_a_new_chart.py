"""Adding a chart is adding one file and editing no list."""

from pathlib import Path

import pytest

from fakes.package import PackageCopy

NAME = "first_calls"
RUN = Path(__file__).parents[2] / "results" / "reference" / "20261125-084456-quick"

CHART = '''
"""Seconds of the first call, a bar per case."""

from dlbench.analysis.rows import timed_rows
from dlbench.charts import base


def draw(rows):
    """One panel; None if nothing was timed."""
    timed = timed_rows(rows)
    if not timed:
        return None
    looks = base.looks(rows, timed)
    figure, (axes,) = base.figure("Seconds of the first call", [2.0], looks, base.common(rows))
    axes.bar(range(len(timed)), [row.time.first_call_s or 0.0 for row in timed])
    return figure
'''


@pytest.fixture
def package(tmp_path):
    """A copy of the package with one more chart."""
    copy = PackageCopy(tmp_path)
    copy.add(f"dlbench/charts/{NAME}.py", CHART)
    return copy


def test_it_stands_in_a_report(package):
    out = package.folder / "out"
    package.run("report", RUN, "--out", out)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert 'aria-label="Seconds of the first call, a bar per case."' in page
    assert f"{NAME}.png" in (out / "report.md").read_text(encoding="utf-8")
    [picture] = out.rglob(f"{NAME}.png")
    assert picture.read_bytes().startswith(b"\x89PNG")

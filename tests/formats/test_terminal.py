"""Tables on terminals of every width."""

import io
from collections import Counter

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.analysis.parts import RowComparison
from dlbench.analysis.rows import Row
from dlbench.analysis.run import rows_of
from dlbench.formats import markdown, terminal
from dlbench.formats.base import Cell, Table
from dlbench.records.case import Target, Workload
from dlbench.records.measurement import Measurement
from dlbench.report.tables import lay_out, ratios
from fakes.runs import (
    NUMPY,
    TORCH,
    case,
    forward,
    matmul,
    rows,
    samples,
)
from fakes.samples import Told, turns

SMALL, LARGE = matmul(100), matmul(1000)


BOTH = [
    (case(SMALL, NUMPY), 1e-3),
    (case(SMALL, TORCH), 2e-3),
    (case(LARGE, NUMPY), 0.5),
    (case(LARGE, TORCH), 0.1),
]


def failed(workload: Workload, target: Target, status: str = "failed", reason: str = "it died"):
    of = case(workload, target)
    return of, Measurement(of.id, status, reason, samples=samples(1e-9))


def ratio_grid(*told: Told, baseline: str = NUMPY.id, **settings: object) -> Table:
    return ratios(rows_of(turns(*told, **settings), baseline), baseline)


CROSSES = "the interval crosses the margin of 2 %: 0.99–1.03"


def judged(row: Row, verdict: str, ratio: float, reach: float, reason: str = "") -> Row:
    low, high = ratio - reach, ratio + reach
    comparison = RowComparison(NUMPY.id, ratio, low, high, verdict, reason)
    return replace(row, comparison=comparison)


def four() -> list[Row]:
    """Two workloads on two targets, compared with NumPy."""
    first, slow, second, unsure = rows(*BOTH)
    return [
        first,
        judged(slow, "slower", 1.21, 0.02),
        second,
        judged(unsure, "unsure", 1.01, 0.02, CROSSES),
    ]


def test_ratios_have_their_interval_below_on_a_terminal_and_beside_in_markdown() -> None:
    table = ratios(four(), NUMPY.id)
    (page,) = drawn(table, 80)
    assert [line.rstrip() for line in page.splitlines()] == [
        "workload            torch",
        "──────────────────────────",
        "matmul 100   1.21x slower",
        "                1.19–1.23",
        "matmul 1000    unsure [1]",
        "                0.99–1.03",
    ]
    assert "| matmul 1000 | unsure (0.99–1.03) [1] |" in markdown.of_table(table)


SIX = {
    Target(backend, "cpu", mode, "float32", 2): 1.0 + place / 100
    for place, (backend, mode) in enumerate(
        [(b, m) for b in ("tensorflow", "torch") for m in ("eager", "function", "compile")]
    )
}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_ratios_of_six_targets_fit_any_terminal(width: int) -> None:
    many = [(matmul(size), SIX) for size in (64, 4096)]
    table = ratio_grid(*many, baseline="torch/cpu/eager/float32/t2", noise=0.01)
    pages = drawn(table, width)
    lines = [line for page in pages for line in page.splitlines()]
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines)
    words = Counter(" ".join(lines).split())
    assert sum(words[verdict] for verdict in ("faster", "slower", "same", "unsure")) == 2 * 5


def wide_rows() -> list[Row]:
    """Every combination of axes, with failures: 24 columns, far wider than a terminal."""
    every = [
        Target(backend, device, mode, dtype, threads)
        for backend in ("tensorflow", "torch")
        for device in ("cpu", "cuda:1")
        for mode in ("eager", "compile", "function")
        for dtype, threads in (("float32", 1), ("float64", 16))
    ]
    return rows(
        *(
            failed(workload, target, "out_of_memory")
            if target.mode == "compile"
            else (case(workload, target), 1e-3 * (1 + place))
            for workload in (matmul(4096, 1024, 65536), forward("fruit-batchnorm", 128))
            for place, target in enumerate(every)
        )
    )


def drawn(table: Table, width: int) -> list[str]:
    """The pages as they appear on a terminal of that width."""
    pages = []
    for page in terminal.to_rich(table, width):
        stream = io.StringIO()
        Console(file=stream, width=width, color_system=None).print(page)
        pages.append(stream.getvalue())
    return pages


def test_a_small_table_as_it_appears() -> None:
    (page,) = drawn(lay_out(rows(*BOTH), "gflops"), 80)
    assert [line.rstrip() for line in page.splitlines()] == [
        "workload     numpy  torch",
        "──────────────────────────",
        "matmul 100   *2.00   1.00",
        "matmul 1000   4.00  *20.0",
    ]


@pytest.mark.parametrize("width", [40, *range(60, 100), 200, *range(325, 340)])
def test_columns_that_do_not_fit_go_to_a_further_page(width: int) -> None:
    table = lay_out(wide_rows(), "gflops")
    pages = drawn(table, width)
    lines = [line for page in pages for line in page.splitlines()]
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines), "something was cut off"
    columns = [column for page in terminal.to_rich(table, width) for column in page.columns[1:]]
    assert [tuple(str(column.header).split("\n")) for column in columns] == list(table.heads)
    assert all(line.count("[1]") <= line.count("no memory [1]") for line in lines)
    words = Counter(" ".join(lines).split())
    assert (words["tensorflow"], words["torch"], words["cuda:1"]) == (12, 12, 12)
    assert (words["no"], words["memory"], words["[1]"]) == (16, 16, 16)
    assert [word for word in words if word.startswith(terminal.BEST_MARK)] == [
        "*550,000",
        "*0.00154",
    ]


def test_every_page_has_the_labels() -> None:
    pages = drawn(lay_out(wide_rows(), "gflops"), 60)
    assert len(pages) > 1
    for page in pages:
        assert "workload" in page
        assert "4096×1024×65536" in page
        assert "fruit-batchnorm" in page


def test_a_wider_terminal_needs_no_more_pages() -> None:
    table = lay_out(wide_rows(), "gflops")
    counts = [len(terminal.to_rich(table, width)) for width in (40, 60, 80, 200, 1000)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 1


def test_a_page_takes_all_that_fits_into_a_line() -> None:
    cells = (Cell("1234"), Cell("12"))
    table = Table("", heads=(("ab",), ("abcd",)), rows=(("matmul", cells),), notes=())
    needed = len("workload  1234  abcd ")
    assert [len(terminal.to_rich(table, width)) for width in (needed - 1, needed)] == [2, 1]
    (page,) = drawn(table, needed)
    assert max(map(len, page.splitlines())) == needed


def test_a_column_that_is_too_wide_for_any_terminal_still_has_its_page() -> None:
    assert len(terminal.to_rich(lay_out(wide_rows(), "gflops"), 5)) == 24


def test_a_table_without_rows_can_be_drawn() -> None:
    assert "workload" in "".join(drawn(lay_out([], "gflops"), 60))


def test_the_best_is_bold_where_there_is_colour() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, color_system="standard", force_terminal=True)
    console.print(*terminal.to_rich(lay_out(rows(*BOTH), "gflops"), 80))
    assert "\x1b[1;32m*2.00\x1b[0m" in stream.getvalue()

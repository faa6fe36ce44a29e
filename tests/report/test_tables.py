"""The table that a person reads, as grid, on a terminal, in Markdown and as CSV."""

import csv
import io
from collections import Counter

import pytest
from msgspec.structs import replace
from rich.console import Console

from dlbench.analysis.columns import COLUMNS, flatten
from dlbench.analysis.rows import Row, RowComparison
from dlbench.analysis.run import rows_of
from dlbench.formats import tables
from dlbench.records.case import Target, Workload
from dlbench.records.measurement import Measurement
from dlbench.report.tables import Cell, Grid, grid, ratios
from fakes.runs import (
    COMPILED,
    NUMPY,
    TORCH,
    case,
    changed,
    forward,
    matmul,
    measured,
    results,
    rows,
    samples,
)
from fakes.samples import Told, flagged, turns

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


def texts(table: Grid) -> list[list[str]]:
    return [[cell.text for cell in cells] for _, cells in table.rows]


def bests(table: Grid) -> list[list[bool]]:
    return [[cell.best for cell in cells] for _, cells in table.rows]


def labels(table: Grid) -> list[str]:
    return [label for label, _ in table.rows]


def test_a_whole_grid() -> None:
    assert grid(rows(*BOTH), "gflops") == Grid(
        title="GFLOP/s (cpu, eager, float32, 2 threads)",
        heads=(("numpy",), ("torch",)),
        rows=(
            ("matmul 100", (Cell("2.00", best=True), Cell("1.00"))),
            ("matmul 1000", (Cell("4.00"), Cell("20.0", best=True))),
        ),
        notes=(),
    )


def targets(**changes: object) -> list[Target]:
    """The NumPy target, and it again with something changed."""
    return [NUMPY, replace(NUMPY, **changes)]


@pytest.mark.parametrize(
    ("varied", "title", "heads"),
    [
        (targets(device="cuda:1"), "numpy, eager, float32, 2 threads", [("cpu",), ("cuda:1",)]),
        (targets(mode="xla"), "numpy, cpu, float32, 2 threads", [("eager",), ("xla",)]),
        (targets(dtype="tf32"), "numpy, cpu, eager, 2 threads", [("float32",), ("tf32",)]),
        (targets(threads=1), "numpy, cpu, eager, float32", [("2 threads",), ("1 thread",)]),
        (
            targets(backend="torch", mode="compile", threads=1),
            "cpu, float32",
            [("numpy", "eager", "2 threads"), ("torch", "compile", "1 thread")],
        ),
        ([NUMPY], "cpu, eager, float32, 2 threads", [("numpy",)]),
        ([replace(NUMPY, threads=1)], "cpu, eager, float32, 1 thread", [("numpy",)]),
    ],
)
def test_heads_hold_what_varies_and_the_title_what_does_not(varied, title: str, heads) -> None:
    table = grid(rows(*((case(SMALL, target), 1e-3) for target in varied)), "gflops")
    assert table.title == f"GFLOP/s ({title})"
    assert list(table.heads) == heads


@pytest.mark.parametrize(
    ("workloads", "expected", "in_title"),
    [
        ([matmul(64)], ["matmul 64"], ""),
        ([matmul(64, 32, 16)], ["matmul 64×32×16"], ""),
        ([matmul(64, 64, 16)], ["matmul 64×64×16"], ""),
        ([forward("iris", 32)], ["forward iris"], ", batch 32"),
        (
            [forward("iris", 32), forward("abalone", 32)],
            ["forward iris", "forward abalone"],
            ", batch 32",
        ),
        (
            [forward("iris", 1), forward("iris", 32)],
            ["forward iris batch 1", "forward iris batch 32"],
            "",
        ),
        ([matmul(8), forward("iris", 32)], ["matmul 8", "forward iris"], ", batch 32"),
        (
            [matmul(8), forward("iris", 1), forward("iris", 32)],
            ["matmul 8", "forward iris batch 1", "forward iris batch 32"],
            "",
        ),
    ],
)
def test_labels_hold_what_varies_between_workloads(workloads, expected, in_title: str) -> None:
    table = grid(rows(*((case(workload), 1e-3) for workload in workloads)), "time")
    assert labels(table) == expected
    assert table.title.endswith(f"(cpu, eager, float32, 2 threads{in_title})")


@pytest.mark.parametrize(
    ("metric", "title", "expected"),
    [
        ("gflops", "GFLOP/s", [["2.00"], ["0.00307"]]),
        ("time", "time per iteration, ms", [["1.00"], ["3.00"]]),
        ("samples", "samples/s", [["–"], ["10700"]]),
    ],
)
def test_every_metric_has_its_title_and_values(metric, title: str, expected) -> None:
    table = grid(rows((case(SMALL), 1e-3), (case(forward("iris", 32)), 3e-3)), metric)
    assert table.title.startswith(f"{title} (")
    assert texts(table) == expected


@pytest.mark.parametrize(
    ("step", "unit", "expected"),
    [
        (5e-8, "ns", ["0.0500", "50.0", "100000000000"]),
        (5e-5, "µs", ["0.0000500", "50.0", "100000000"]),
        (5.0, "s", ["0.0000000000500", "5.00", "100"]),
    ],
)
def test_the_unit_of_time_is_that_of_the_middle_one(step: float, unit: str, expected) -> None:
    steps = {8: 5e-11, 16: step, 32: 100.0}
    table = grid(rows(*((case(matmul(size)), time) for size, time in steps.items())), "time")
    assert table.title.startswith(f"time per iteration, {unit} (")
    assert texts(table) == [[text] for text in expected]


def test_where_nothing_was_timed_the_unit_is_the_second() -> None:
    table = grid(rows((case(SMALL), "why not")), "time")
    assert table.title.startswith("time per iteration, s (")


def test_what_cannot_be_told_from_the_best_is_marked_too() -> None:
    table = grid(rows((case(SMALL, NUMPY), 1e-3), (case(SMALL, TORCH), 1e-3)), "gflops")
    assert bests(table) == [[True, True]]
    found = rows_of(turns((SMALL, {NUMPY: 1.0, TORCH: 1.005, COMPILED: 1.1})))
    assert bests(grid(found, "gflops")) == [[True, True, False]]


def test_on_a_busy_machine_nothing_is_the_best() -> None:
    found = rows_of(turns((SMALL, {NUMPY: 1.0, TORCH: 2.0}), change={TORCH: flagged(1)}))
    assert bests(grid(found, "gflops")) == [[False, False]]


def test_with_too_few_blocks_for_an_interval_nothing_is_the_best() -> None:
    few = measured(case(SMALL, NUMPY), *[1e-3] * 5)
    found = rows((case(SMALL, NUMPY), few), (case(SMALL, TORCH), 2e-3))
    assert bests(grid(found, "gflops")) == [[False, False]]


def test_a_number_that_is_not_there_is_never_the_best() -> None:
    assert bests(grid(rows(*BOTH), "samples")) == [[False, False], [False, False]]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("parity_failed", "wrong"),
        ("failed", "failed"),
        ("timed_out", "hung"),
        ("out_of_memory", "no memory"),
    ],
)
def test_a_case_that_failed_has_a_word_and_a_footnote_and_is_never_the_best(status, word) -> None:
    found = rows(
        failed(SMALL, NUMPY, status), (case(SMALL, TORCH), 9.0), (case(SMALL, COMPILED), 8.0)
    )
    table = grid(found, "gflops")
    assert table.rows[0][1] == (Cell(word, note=1), Cell("0.000222"), Cell("0.000250", best=True))
    assert table.notes == ("[1] it died",)


def test_who_has_no_rival_is_not_the_best() -> None:
    table = grid(rows(*BOTH[:3], failed(LARGE, TORCH)), "gflops")
    assert bests(table) == [[True, False], [False, False]]
    assert bests(grid(rows(BOTH[0]), "gflops")) == [[False]]


def test_a_row_of_failures_has_no_best() -> None:
    assert bests(grid(rows(failed(SMALL, NUMPY), failed(SMALL, TORCH)), "gflops")) == [
        [False, False]
    ]


def test_footnotes_are_numbered_once_per_reason_in_the_order_in_which_they_are_met() -> None:
    table = grid(
        rows(
            failed(SMALL, NUMPY, reason="b"),
            failed(SMALL, TORCH, reason="a"),
            failed(LARGE, NUMPY, reason="a"),
            failed(LARGE, TORCH, "timed_out", "b"),
        ),
        "gflops",
    )
    assert [[cell.note for cell in cells] for _, cells in table.rows] == [[1, 2], [2, 1]]
    assert table.notes == ("[1] b", "[2] a")


def test_a_failure_without_a_reason_says_its_status() -> None:
    of = case(SMALL)
    table = grid(rows((of, Measurement(of.id, "timed_out"))), "gflops")
    assert table.notes == ("[1] timed_out",)


def test_targets_that_never_ran_have_no_column_but_a_note_for_every_reason() -> None:
    table = grid(
        rows(
            (case(SMALL, NUMPY), 1e-3),
            (case(SMALL, TORCH), "torch is not installed"),
            (case(SMALL, COMPILED), "torch is not installed"),
            (case(SMALL, replace(TORCH, device="cuda")), "there is no device cuda"),
        ),
        "gflops",
    )
    assert table.heads == (("numpy",),)
    assert table.notes == (
        "no column: torch is not installed",
        "no column: there is no device cuda",
    )


def test_a_target_that_ran_once_keeps_its_column_and_says_where_it_was_skipped() -> None:
    found = rows(*BOTH[:2], (case(LARGE), "too large"), (case(LARGE, TORCH), 0.1))
    table = grid(found, "gflops")
    assert table.rows[1] == ("matmul 1000", (Cell("skipped", note=1), Cell("20.0")))
    assert table.notes == ("[1] too large",)


def test_workloads_that_never_ran_have_no_line_but_are_counted_for_every_reason() -> None:
    found = rows(
        (case(SMALL), 1e-3),
        (case(SMALL, TORCH), "no torch"),
        *(
            (case(matmul(size), target), "too large")
            for size in (2, 3)
            for target in (NUMPY, TORCH)
        ),
        (case(LARGE), "the budget is spent"),
    )
    table = grid(found, "gflops")
    assert labels(table) == ["matmul 100"]
    assert table.notes == (
        "no column: no torch",
        "no column: too large",
        "2 workloads without a line: too large",
        "1 workload without a line: the budget is spent",
    )


def test_where_nothing_ran_the_reasons_are_still_told() -> None:
    table = grid(rows((case(SMALL), "why not"), (case(SMALL, TORCH), "why not")), "time")
    assert texts(table) == [["skipped", "skipped"]]
    assert table.notes == ("[1] why not",)


def test_of_nothing_there_is_an_empty_grid() -> None:
    assert grid([], "gflops") == Grid("GFLOP/s", (), (), ())


def test_a_target_that_a_workload_lacks_is_an_empty_cell() -> None:
    found = grid(rows(*BOTH[:3]), "gflops")
    assert found.rows[1][1] == (Cell("4.00"), Cell(""))


def test_synthetic_data_is_told_by_network() -> None:
    table = grid(
        rows(
            (case(forward("mnist-512", synthetic=True)), 1e-3),
            (case(forward("mnist-128", synthetic=True)), 1e-3),
            (case(forward("iris")), 1e-3),
        ),
        "gflops",
    )
    assert table.notes == ("on synthetic data: mnist-128, mnist-512",)


def ratio_grid(*told: Told, baseline: str = NUMPY.id, **settings: object) -> Grid:
    return ratios(rows_of(turns(*told, **settings), baseline), baseline)


CROSSES = "too close to call: the true difference may be below 2 % (0.99–1.03x)"


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


def test_a_whole_table_of_ratios() -> None:
    assert ratios(four(), NUMPY.id, first_note=3) == Grid(
        title="time / time of numpy (cpu, eager, float32, 2 threads)",
        heads=(("torch",),),
        rows=(
            ("matmul 100", (Cell("1.21 slower", below="1.19–1.23"),)),
            ("matmul 1000", (Cell("1.01 unsure", note=3, below="0.99–1.03"),)),
        ),
        notes=("[3] too close to call: the true difference may be below 2 %",),
    )


def test_many_unsure_cells_share_a_footnote() -> None:
    rivals = {NUMPY: 1.0, TORCH: 1.1, COMPILED: 1.2}
    many = [(matmul(size), rivals) for size in range(10, 20)]
    table = ratio_grid(*many, change={TORCH: flagged(1), COMPILED: flagged(2)}, rounds=16)
    assert table.notes == ("[1] other programs were running",)
    assert {cell.note for _, cells in table.rows for cell in cells} == {1, None}


def test_what_is_not_there_or_failed_has_no_ratio() -> None:
    found = rows_of(results(*BOTH[:2], failed(LARGE, NUMPY), (case(LARGE, TORCH), 0.1)), "torch")
    table = ratios(found, TORCH.id)
    assert texts(table) == [["0.500 faster"], ["failed"]]
    table = ratios(rows_of(results(*BOTH[:2], *BOTH[3:]), "numpy"), NUMPY.id)
    assert table.rows[1][1] == (Cell("–", note=1),)
    assert table.notes == ("[1] the baseline was not measured",)
    table = ratios(rows_of(results(*BOTH[:3]), "numpy"), NUMPY.id)
    assert table.rows[1][1] == (Cell(""),)


def test_without_an_interval_there_is_a_ratio() -> None:
    pairs = (
        measured(case(SMALL, target), *[step] * 3) for target, step in ((NUMPY, 1.0), (TORCH, 2.0))
    )
    found = rows_of(
        results(*zip((case(SMALL, NUMPY), case(SMALL, TORCH)), pairs, strict=True)), "numpy"
    )
    assert ratios(found, NUMPY.id).rows[0][1] == (Cell("2.00 unsure", note=1),)


def test_ratios_have_their_interval_below_on_a_terminal_and_beside_in_markdown() -> None:
    table = ratios(four(), NUMPY.id)
    (page,) = drawn(table, 80)
    assert [line.rstrip() for line in page.splitlines()] == [
        "",
        " workload               torch",
        " ─────────────────────────────",
        " matmul 100       1.21 slower",
        "                    1.19–1.23",
        " matmul 1000  1.01 unsure [1]",
        "                    0.99–1.03",
        "",
    ]
    assert "| matmul 1000 | 1.01 unsure (0.99–1.03) [1] |" in tables.to_markdown(table)


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


def drawn(table: Grid, width: int) -> list[str]:
    """The pages as they appear on a terminal of that width."""
    pages = []
    for page in tables.to_rich(table, width):
        stream = io.StringIO()
        Console(file=stream, width=width, color_system=None).print(page)
        pages.append(stream.getvalue())
    return pages


def test_a_small_table_as_it_appears() -> None:
    (page,) = drawn(grid(rows(*BOTH), "gflops"), 80)
    assert [line.rstrip() for line in page.splitlines()] == [
        "",
        " workload     numpy  torch",
        " ──────────────────────────",
        " matmul 100   *2.00   1.00",
        " matmul 1000   4.00  *20.0",
        "",
    ]


@pytest.mark.parametrize("width", [40, *range(60, 100), 200, *range(325, 340)])
def test_columns_that_do_not_fit_go_to_a_further_page(width: int) -> None:
    table = grid(wide_rows(), "gflops")
    pages = drawn(table, width)
    lines = [line for page in pages for line in page.splitlines()]
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines), "something was cut off"
    columns = [column for page in tables.to_rich(table, width) for column in page.columns[1:]]
    assert [tuple(str(column.header).split("\n")) for column in columns] == list(table.heads)
    assert all(line.count("[1]") <= line.count("no memory [1]") for line in lines)
    words = Counter(" ".join(lines).split())
    assert (words["tensorflow"], words["torch"], words["cuda:1"]) == (12, 12, 12)
    assert (words["no"], words["memory"], words["[1]"]) == (16, 16, 16)
    assert [word for word in words if word.startswith(tables.BEST_MARK)] == ["*550000", "*0.00154"]


def test_every_page_has_the_labels() -> None:
    pages = drawn(grid(wide_rows(), "gflops"), 60)
    assert len(pages) > 1
    for page in pages:
        assert "workload" in page
        assert "4096×1024×65536" in page
        assert "fruit-batchnorm" in page


def test_a_wider_terminal_needs_no_more_pages() -> None:
    table = grid(wide_rows(), "gflops")
    counts = [len(tables.to_rich(table, width)) for width in (40, 60, 80, 200, 1000)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 1


def test_a_page_takes_all_that_fits_into_a_line() -> None:
    cells = (Cell("1234"), Cell("12"))
    table = Grid("", heads=(("ab",), ("abcd",)), rows=(("matmul", cells),), notes=())
    needed = len(" workload  1234  abcd ")
    assert [len(tables.to_rich(table, width)) for width in (needed, needed + 1)] == [2, 1]
    (page,) = drawn(table, needed + 1)
    assert max(map(len, page.splitlines())) == needed + 1


def test_a_column_that_is_too_wide_for_any_terminal_still_has_its_page() -> None:
    assert len(tables.to_rich(grid(wide_rows(), "gflops"), 5)) == 24


def test_a_table_without_rows_can_be_drawn() -> None:
    assert "workload" in "".join(drawn(grid([], "gflops"), 60))


def test_the_best_is_bold_where_there_is_colour() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=80, color_system="standard", force_terminal=True)
    console.print(*tables.to_rich(grid(rows(*BOTH), "gflops"), 80))
    assert "\x1b[1;32m*2.00\x1b[0m" in stream.getvalue()


def test_markdown_whole() -> None:
    found = rows(*BOTH[:3], failed(LARGE, TORCH))
    assert tables.to_markdown(grid(found, "gflops")) == (
        "**GFLOP/s (cpu, eager, float32, 2 threads)**\n"
        "\n"
        "| workload | numpy | torch |\n"
        "| --- | ---: | ---: |\n"
        "| matmul 100 | **2.00** | 1.00 |\n"
        "| matmul 1000 | 4.00 | failed [1] |\n"
        "\n"
        "- [1] it died\n"
    )


def test_markdown_without_notes_ends_with_its_table() -> None:
    text = tables.to_markdown(grid(rows(*BOTH), "gflops"))
    assert text.endswith("| **20.0** |\n")


def test_markdown_survives_bars_and_line_breaks_in_reasons() -> None:
    table = grid(rows(failed(SMALL, NUMPY, reason="a | b\nc")), "gflops")
    assert tables.to_markdown(table).endswith("\n- [1] a \\| b c\n")


def parsed(found: list[Row]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tables.to_csv(found), newline="")))


def test_csv_holds_every_field_and_every_parameter() -> None:
    found = rows(*BOTH[:1], (case(forward(), TORCH), 1e-3))
    product, pass_ = parsed(found)
    fields = [name for name in COLUMNS if name != "params"]
    assert list(product) == [*fields[:2], "m", "n", "k", "network", "batch", *fields[2:]]
    assert (product["m"], product["network"], product["batch"]) == ("100", "", "")
    assert (pass_["m"], pass_["network"], pass_["batch"]) == ("", "iris", "32")
    assert product["synthetic"] == "False"


def test_csv_numbers_are_exact_and_what_is_unknown_is_empty() -> None:
    of = case(SMALL)
    (row,) = rows((of, measured(of, 1 / 3)))
    (line,) = parsed([row])
    numbers = [name for name, value in flatten(row).items() if isinstance(value, float)]
    assert {name: float(line[name]) for name in numbers} == {
        name: flatten(row)[name] for name in numbers
    }
    assert {line[name] for name in ("reason", "ci_low_s", "verdict", "parity_error")} == {""}


@pytest.mark.parametrize(
    "reason", ['say "no", or', "two\nlines", "semi;colon", "µs × – é", " padded "]
)
def test_csv_brings_back_any_text(reason: str) -> None:
    (line,) = parsed(rows(failed(SMALL, NUMPY, reason=reason)))
    assert line["reason"] == reason


@pytest.mark.parametrize("reason", ["=1+1", "+1", "-1", "@cmd", "\t=1+1", "\r=1+1", "\r"])
def test_csv_gives_no_formula_to_a_spreadsheet(reason: str) -> None:
    (line,) = parsed(rows(failed(SMALL, NUMPY, reason=reason)))
    assert line["reason"] == f"'{reason}".replace("\r", " ")


def test_csv_of_nothing_is_its_head() -> None:
    assert tables.to_csv([]).count("\n") == 1


def compiling(**fields: object) -> Row:
    """A static row of which is known what compiling cost."""
    [row] = rows((case(SMALL, COMPILED), 1e-3))
    return changed(row, **{"compile_s": 2.0, "break_even_state": "pays", **fields})


def test_compiling_has_cold_seconds_and_warm_ones_below() -> None:
    assert grid([compiling(compile_s_warm=0.25)], "compile").rows == (
        ("matmul 100", (Cell("2.00", below="0.250"),)),
    )
    assert texts(grid([compiling()], "compile")) == [["2.00"]]


@pytest.mark.parametrize(
    ("known", "cell"),
    [
        (
            {"break_even_steps": 1234.0, "break_even_low": 7.2, "break_even_high": 98765.0},
            Cell("1230", below="7–98800"),
        ),
        ({"break_even_steps": 12.4}, Cell("12")),
        ({"break_even_state": "never"}, Cell("never")),
        ({"break_even_state": "unsure"}, Cell("unsure")),
        ({"break_even_state": "unsure", "break_even_low": 410.0}, Cell("unsure", below="≥ 410")),
    ],
)
def test_a_break_even_has_its_interval_or_says_why_there_is_none(known, cell: Cell) -> None:
    assert grid([compiling(**known)], "break-even").rows == (("matmul 100", (cell,)),)


def test_what_compiling_costs_marks_nobody_as_fastest() -> None:
    assert not any(map(any, bests(grid([compiling()], "break-even"))))


def test_a_parameter_that_is_neither_size_nor_batch_is_a_part_of_the_label() -> None:
    floor = Workload("floor", {"pass": "forward"}, SMALL.work)
    last = Workload("retrace", {"network": "iris", "batch": 32, "shapes": "dynamic"}, SMALL.work)
    found = grid(rows((case(floor), 1e-3), (case(last), 1e-3)), "time")
    assert labels(found) == ["floor forward", "retrace iris dynamic"]

"""The table that a person reads: what is laid out where."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.parts import RowComparison
from dlbench.analysis.rows import Row
from dlbench.analysis.run import rows_of
from dlbench.formats.base import Cell, Notes, Table
from dlbench.records.case import Target, Workload
from dlbench.records.measurement import Measurement
from dlbench.report.absent import BUSY, BUSY_MARK, absent
from dlbench.report.tables import lay_out, ratios
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


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in cells] for _, cells in table.rows]


def bests(table: Table) -> list[list[bool]]:
    return [[cell.best for cell in cells] for _, cells in table.rows]


def labels(table: Table) -> list[str]:
    return [label for label, _ in table.rows]


def test_a_whole_grid() -> None:
    assert lay_out(rows(*BOTH), "gflops") == Table(
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
    table = lay_out(rows(*((case(SMALL, target), 1e-3) for target in varied)), "gflops")
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
    table = lay_out(rows(*((case(workload), 1e-3) for workload in workloads)), "time")
    assert labels(table) == expected
    assert table.title.endswith(f"(cpu, eager, float32, 2 threads{in_title})")


@pytest.mark.parametrize(
    ("metric", "title", "expected"),
    [
        ("gflops", "GFLOP/s", [["2.00"], ["0.00307"]]),
        ("time", "Time per step", [["1.00 ms"], ["3.00 ms"]]),
        ("samples", "samples/s", [["–"], ["10,700"]]),
    ],
)
def test_every_metric_has_its_title_and_values(metric, title: str, expected) -> None:
    table = lay_out(rows((case(SMALL), 1e-3), (case(forward("iris", 32)), 3e-3)), metric)
    assert table.title.startswith(f"{title} (")
    assert texts(table) == expected


def test_every_time_has_its_own_unit() -> None:
    steps = {8: 5e-11, 16: 5e-8, 32: 5e-5, 64: 5e-3, 128: 100.0}
    table = lay_out(rows(*((case(matmul(size)), time) for size, time in steps.items())), "time")
    assert texts(table) == [["0.0500 ns"], ["50.0 ns"], ["50.0 µs"], ["5.00 ms"], ["100 s"]]


def test_what_cannot_be_told_from_the_best_is_marked_too() -> None:
    table = lay_out(rows((case(SMALL, NUMPY), 1e-3), (case(SMALL, TORCH), 1e-3)), "gflops")
    assert bests(table) == [[True, True]]
    found = rows_of(turns((SMALL, {NUMPY: 1.0, TORCH: 1.005, COMPILED: 1.1})))
    assert bests(lay_out(found, "gflops")) == [[True, True, False]]


def test_on_a_busy_machine_nothing_is_the_best() -> None:
    found = rows_of(turns((SMALL, {NUMPY: 1.0, TORCH: 2.0}), change={TORCH: flagged(1)}))
    assert bests(lay_out(found, "gflops")) == [[False, False]]


def test_numbers_of_a_busy_machine_are_marked_and_a_note_explains_the_mark() -> None:
    found = rows_of(turns((SMALL, {NUMPY: 1.0, TORCH: 2.0}), change={TORCH: flagged(1)}))
    table = lay_out(found, "time")
    [[quiet, busy]] = texts(table)
    assert (quiet[0] == BUSY_MARK, busy[0] == BUSY_MARK) == (False, True)
    assert table.notes == (BUSY,)
    assert lay_out(found, "samples").notes == ()


def test_tables_that_share_their_notes_give_a_number_one_meaning() -> None:
    notes = Notes()
    first, second = (
        lay_out(rows(failed(SMALL, NUMPY, reason=why), (case(SMALL, TORCH), 1.0)), "time", notes)
        for why in ("this", "that")
    )
    assert (first.notes, second.notes) == (("[1] this",), ("[2] that",))


def test_with_too_few_blocks_for_an_interval_nothing_is_the_best() -> None:
    few = measured(case(SMALL, NUMPY), *[1e-3] * 5)
    found = rows((case(SMALL, NUMPY), few), (case(SMALL, TORCH), 2e-3))
    assert bests(lay_out(found, "gflops")) == [[False, False]]


def test_a_number_that_is_not_there_is_never_the_best() -> None:
    assert bests(lay_out(rows(*BOTH), "samples")) == [[False, False], [False, False]]


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
    table = lay_out(found, "gflops")
    assert table.rows[0][1] == (Cell(word, note=1), Cell("0.000222"), Cell("0.000250", best=True))
    assert table.notes == ("[1] it died",)


def test_who_has_no_rival_is_not_the_best() -> None:
    table = lay_out(rows(*BOTH[:3], failed(LARGE, TORCH)), "gflops")
    assert bests(table) == [[True, False], [False, False]]
    assert bests(lay_out(rows(BOTH[0]), "gflops")) == [[False]]


def test_a_row_of_failures_has_no_best() -> None:
    assert bests(lay_out(rows(failed(SMALL, NUMPY), failed(SMALL, TORCH)), "gflops")) == [
        [False, False]
    ]


def test_footnotes_are_numbered_once_per_reason_in_the_order_in_which_they_are_met() -> None:
    table = lay_out(
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
    table = lay_out(rows((of, Measurement(of.id, "timed_out"))), "gflops")
    assert table.notes == ("[1] timed_out",)


def test_targets_and_workloads_that_never_ran_are_named_below() -> None:
    found = rows((case(SMALL), 1e-3), (case(SMALL, TORCH), "no torch"), (case(LARGE), "too large"))
    table = lay_out(found, "gflops")
    assert (labels(table), table.heads) == (["matmul 100"], (("numpy",),))
    assert table.notes == tuple(absent(found))


def test_where_nothing_ran_the_reasons_are_still_told() -> None:
    table = lay_out(rows((case(SMALL), "why not"), (case(SMALL, TORCH), "why not")), "time")
    assert texts(table) == [["skipped", "skipped"]]
    assert table.notes == ("[1] why not",)


def test_of_nothing_there_is_an_empty_grid() -> None:
    assert lay_out([], "gflops") == Table("GFLOP/s", (), (), ())


def test_a_target_that_a_workload_lacks_is_an_empty_cell() -> None:
    found = lay_out(rows(*BOTH[:3]), "gflops")
    assert found.rows[1][1] == (Cell("4.00"), Cell(""))


def ratio_grid(*told: Told, baseline: str = NUMPY.id, **settings: object) -> Table:
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
    assert ratios(four(), NUMPY.id, first_note=3) == Table(
        title="Compared with numpy (cpu, eager, float32, 2 threads)",
        heads=(("torch",),),
        rows=(
            ("matmul 100", (Cell("1.21x slower", below="1.19–1.23"),)),
            ("matmul 1000", (Cell("unsure", note=3, below="0.99–1.03"),)),
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
    assert texts(table) == [["2.000x faster"], ["failed"]]
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
    assert ratios(found, NUMPY.id).rows[0][1] == (Cell("unsure", note=1),)


def compiling(**fields: object) -> Row:
    """A static row of which is known what compiling cost."""
    [row] = rows((case(SMALL, COMPILED), 1e-3))
    return changed(row, **{"compile_s": 2.0, "break_even_state": "pays", **fields})


def test_compiling_has_cold_seconds_and_warm_ones_below() -> None:
    assert lay_out([compiling(compile_s_warm=0.25)], "compile").rows == (
        ("matmul 100", (Cell("2.00", below="0.250"),)),
    )
    assert texts(lay_out([compiling()], "compile")) == [["2.00"]]


@pytest.mark.parametrize(
    ("known", "cell"),
    [
        (
            {"break_even_steps": 1234.0, "break_even_low": 7.2, "break_even_high": 98765.0},
            Cell("1230", below="7–98800"),
        ),
        ({"break_even_steps": 12.4}, Cell("12")),
        ({"break_even_state": "never"}, Cell("never")),
        (
            {"break_even_state": "at once", "break_even_steps": 0.0, "break_even_low": 0.0},
            Cell("at once"),
        ),
        (
            {"break_even_steps": 0.0, "break_even_low": 0.0, "break_even_high": 120.0},
            Cell("≤ 120"),
        ),
        ({"break_even_state": "unsure"}, Cell("unsure")),
        ({"break_even_state": "unsure", "break_even_low": 410.0}, Cell("unsure", below="≥ 410")),
    ],
)
def test_a_break_even_has_its_interval_or_says_why_there_is_none(known, cell: Cell) -> None:
    assert lay_out([compiling(**known)], "break-even").rows == (("matmul 100", (cell,)),)


def test_what_compiling_costs_marks_nobody_as_fastest() -> None:
    assert not any(map(any, bests(lay_out([compiling()], "break-even"))))


def test_a_parameter_that_is_neither_size_nor_batch_is_a_part_of_the_label() -> None:
    floor = Workload("floor", {"pass": "forward"}, SMALL.work)
    last = Workload("retrace", {"network": "iris", "batch": 32, "shapes": "dynamic"}, SMALL.work)
    found = lay_out(rows((case(floor), 1e-3), (case(last), 1e-3)), "time")
    assert labels(found) == ["floor forward", "retrace iris dynamic"]

"""A ranking shows what is fastest, by how much, and how sure; no order without a verdict."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from dlbench.analysis.rows import Row
from dlbench.analysis.run import RunAnalysis, rows_of
from dlbench.formats.base import Table
from dlbench.records.case import Target
from dlbench.records.measurement import Measurement
from dlbench.report.absent import BUSY, absent
from dlbench.report.ranking import (
    FEW_LINES,
    MOST_LINES,
    NO_TWIN,
    PAIRED,
    TIES,
    rankings,
    setting,
)
from dlbench.report.view import View
from fakes.runs import COMPILED, NUMPY, TORCH, case, changed, forward, matmul, rows, samples
from fakes.samples import flagged, turns

SMALL, LARGE, NETWORK = matmul(100), matmul(1000), forward("iris", 32)
JAX = replace(NUMPY, backend="jax")
JIT = replace(JAX, mode="jit")


def one(found: list[Row], view: View | None = None, baseline: str | None = None) -> Table:
    (table,) = rankings(found, view or View(), baseline)
    return table


def labels(table: Table) -> list[str]:
    return [" ".join(label.split()) for label, _ in table.rows]


def column(table: Table, *head: str) -> list[str]:
    place = table.heads.index(head)
    return [cells[place].text for _, cells in table.rows]


def test_the_fastest_comes_first_and_those_that_cannot_be_told_apart_share_a_rank() -> None:
    truth = {COMPILED: 1.5, TORCH: 1.001, NUMPY: 1.0, JAX: 1.502}
    table = one(rows_of(turns((SMALL, truth), noise=0.01)))
    ranks = [label.split()[0] for label in labels(table)]
    assert ranks == ["1=", "1=", "3=", "3="]
    assert {label.split(" ", 1)[1] for label in labels(table)[:2]} == {"numpy eager", "torch eager"}
    assert TIES in table.notes


def test_a_sole_winner_has_the_first_rank_alone() -> None:
    table = one(rows_of(turns((SMALL, {TORCH: 2.0, NUMPY: 1.0}))))
    assert labels(table) == ["1 numpy", "2 torch"]
    best, other = column(table, "vs", "fastest")
    assert best == ""
    assert float(other.rstrip("x")) == pytest.approx(2.0, rel=0.01)
    assert TIES not in table.notes
    assert PAIRED in table.notes


def test_ranks_never_contradict_the_leaders() -> None:
    truth = {replace(NUMPY, backend=f"b{i}"): 1.0 + 0.02 * i for i in range(8)}
    found = RunAnalysis(turns((SMALL, truth), noise=0.05, luck=0.02)).rows
    assert all((row.rank == 1) is bool(row.leads) for row in found)


def test_every_cell_has_its_own_unit_and_the_rate_suits_the_workload() -> None:
    found = rows((case(SMALL), 1e-3), (case(NETWORK), 3e-6))
    product, network = rankings(found, View())
    assert column(product, "time") == ["1.00 ms"]
    assert column(product, "GFLOP/s") == ["2.00"]
    assert column(network, "time") == ["3.00 µs"]
    assert column(network, "samples", "/s") == ["10,700,000"]
    assert ("GFLOP/s",) not in network.heads


def test_a_busy_machine_gives_rough_times_and_no_order() -> None:
    found = rows_of(turns((SMALL, {NUMPY: 1.0, TORCH: 2.0}), change={TORCH: flagged(1)}))
    table = one(found)
    quiet, busy = column(table, "time")
    assert quiet.startswith("~") is found[0].busy
    assert busy.startswith("~")
    assert BUSY in table.notes
    assert not any(cell.best for _, cells in table.rows for cell in cells)
    assert column(table, "GFLOP/s")[1] == ""


@pytest.mark.parametrize(
    ("baseline", "words"),
    [(NUMPY.id, ["", "slower"]), (TORCH.id, ["faster", ""])],
)
def test_a_baseline_says_faster_or_slower_with_a_factor_above_one(baseline, words) -> None:
    run = turns((SMALL, {NUMPY: 1.0, TORCH: 2.0}))
    table = one(rows_of(run, baseline), baseline=baseline)
    told = column(table, "vs", baseline.split("/")[0])
    assert [text.partition(" ")[2] for text in told] == words
    assert [float(text.partition("x")[0]) for text in told if text] == pytest.approx(
        [2.0], rel=0.01
    )


def test_what_failed_comes_last_with_its_reason() -> None:
    broken = case(SMALL, TORCH)
    found = rows(
        (broken, Measurement(broken.id, "failed", "it died", samples=samples(1e-9))),
        (case(SMALL, NUMPY), 1e-3),
    )
    table = one(found)
    assert labels(table) == ["numpy", "torch"]
    assert column(table, "time") == ["1.00 ms", "failed"]
    assert table.notes[0] == "[1] it died"


def test_the_last_table_names_what_was_not_measured() -> None:
    found = rows((case(SMALL), 1e-3), (case(SMALL, TORCH), "no torch"), (case(NETWORK), 1e-3))
    first, last = rankings(found, View())
    assert absent(found)[0] in last.notes
    assert absent(found)[0] not in first.notes


def many(count: int) -> list[Row]:
    targets = [replace(NUMPY, backend=f"b{i:02}") for i in range(count)]
    return rows(*((case(SMALL, target), 1e-3 * (1 + i)) for i, target in enumerate(targets)))


def test_a_long_page_shows_the_first_targets_of_each_workload_and_counts_the_others() -> None:
    table = one(many(MOST_LINES + 1))
    assert len(table.rows) == FEW_LINES + 1
    assert table.rows[-1][1][0].text == f"… {MOST_LINES + 1 - FEW_LINES} more"
    assert len(one(many(MOST_LINES)).rows) == MOST_LINES


@pytest.mark.parametrize(("top", "lines"), [(0, 50), (3, 4), (50, 50)])
def test_the_user_may_choose_how_many_are_shown(top: int, lines: int) -> None:
    assert len(one(many(50), View(top=top)).rows) == lines


def test_the_user_may_choose_the_order() -> None:
    found = rows_of(turns((SMALL, {TORCH: 2.0, NUMPY: 1.0, JAX: 3.0})))

    def names(sort: str) -> list[str]:
        return [label.split()[-1] for label in labels(one(found, View(sort=sort)))]

    assert names("rank") == ["numpy", "torch", "jax"]
    assert names("name") == ["jax", "numpy", "torch"]
    assert names("plan") == ["torch", "numpy", "jax"]
    assert names("time") == names("gflops") == ["numpy", "torch", "jax"]


def test_the_user_may_choose_the_columns() -> None:
    found = rows((case(NETWORK), 3e-6))
    heads = one(found, View(metrics=("gflops", "samples"))).heads
    assert heads == (("time",), ("±",), ("GFLOP/s",), ("samples", "/s"))


def test_what_all_have_in_common_is_said_once() -> None:
    found = rows((case(SMALL), 1e-3), (case(SMALL, TORCH), 1e-3))
    assert setting(found) == "All: cpu, eager, float32, 2 threads"
    assert setting(rows((case(NETWORK), 1e-3))) == "All: cpu, eager, float32, 2 threads, batch 32"
    assert setting([]) == ""


def test_of_nothing_there_is_no_ranking() -> None:
    assert rankings([], View()) == []


def test_a_rank_is_never_above_the_one_before() -> None:
    truth = {replace(NUMPY, backend=f"b{i}"): 1.0 + 0.01 * i for i in range(9)}
    found = rows_of(turns((SMALL, truth), noise=0.03, luck=0.01))
    ranks = [int(label.split()[0].rstrip("=")) for label in labels(one(found))]
    assert all(a <= b for a, b in pairwise(ranks))


def test_targets_are_named_by_what_differs() -> None:
    found = rows((case(SMALL), 1e-3), (case(SMALL, replace(TORCH, threads=1)), 1.0))
    assert {" ".join(label.split()[-3:]) for label in labels(one(found))} == {
        "numpy 2 threads",
        "torch 1 thread",
    }


def compiled(*eager: Target) -> list[str]:
    """What stands for a compiled mode whose pay-off is not known, beside JAX's, which is."""
    pays = changed(rows((case(SMALL, JIT), 1e-3))[0], break_even_state="pays", break_even_steps=7.0)
    unknown = rows((case(SMALL, COMPILED), 1e-3), *((case(SMALL, one), 2e-3) for one in eager))
    return column(one([pays, *unknown]), "steps to", "pay off")


def test_no_eager_is_said_only_where_it_was_not_measured() -> None:
    assert NO_TWIN in compiled()
    assert NO_TWIN not in compiled(TORCH)
    assert NO_TWIN in compiled(NUMPY)


def test_without_a_ratio_nothing_is_said_of_ratios() -> None:
    assert PAIRED not in one(rows((case(SMALL), 1e-3))).notes

"""What is said of a row when it is finished."""

from msgspec.structs import replace

from dlbench.records.measurement import Measurement
from dlbench.report.watching.cells import Cell
from dlbench.report.watching.names import Names
from dlbench.report.watching.row import Place, PresentRow
from fakes.runs import NUMPY, TORCH, case, matmul, measured, plan_of

FAST, SLOW = case(matmul(8)), case(matmul(8), TORCH)


def row_of(*cases, null=None) -> tuple[PresentRow, Names]:
    plan = plan_of(cases)
    group = replace(plan.groups[0], null=null)
    cells = {one.id: Cell() for one in cases}
    return PresentRow(group, Place(1, 4, "matmul 8"), cells, 0.0), Names(plan)


def told(row: PresentRow, *events: Measurement) -> None:
    for event in events:
        cell = row.cells.get(event.case, Cell())
        cell.take(event.samples)
        cell.end(event.status, event.reason)
        row.report(event)


def test_the_range_of_its_times_is_named_with_the_targets() -> None:
    row, names = row_of(SLOW, FAST)
    told(row, measured(SLOW, *[2e-3] * 3))
    assert not row.is_finished
    told(row, measured(FAST, *[1e-3] * 3))
    assert row.is_finished
    finished = row.finish(names, 12.0)
    assert finished.text == (
        "[1/4] matmul 8: 2 targets in 12 s, 1.00 ms (numpy) to 2.00 ms (torch)"
    )
    assert not finished.is_busy


def test_one_target_has_one_time() -> None:
    row, names = row_of(FAST)
    told(row, measured(FAST, *[1e-3] * 3))
    assert row.finish(names, 200.0).text == "[1/4] matmul 8: 1 target in 3 min, 1.00 ms (numpy)"


def test_failures_and_skips_are_counted_and_have_no_time() -> None:
    third = case(matmul(8), replace(NUMPY, backend="jax"))
    row, names = row_of(FAST, SLOW, third)
    told(row, Measurement(FAST.id, "failed", "no"), Measurement(SLOW.id, "skipped", "no"))
    told(row, Measurement(third.id, "timed_out", "no"))
    assert row.finish(names, 3.0).text == "[1/4] matmul 8: 0 targets in 3 s, 2 failed, 1 skipped"


def test_a_row_without_any_outcome_is_not_told() -> None:
    row, names = row_of(FAST)
    assert row.finish(names, 3.0) is None


def test_what_failed_before_or_is_not_planned_is_not_waited_for() -> None:
    row, _ = row_of(FAST, SLOW, case(matmul(8), replace(NUMPY, backend="jax"), skip="no"))
    row.cells[FAST.id].end("failed", "no")
    again = PresentRow(row.group, row.place, row.cells, 0.0)
    told(again, measured(SLOW, 1.0))
    assert again.is_finished


def test_the_null_is_waited_for_and_counts_for_the_load_alone() -> None:
    null = replace(FAST, null=True)
    row, names = row_of(FAST, null=null)
    told(row, measured(FAST, *[1e-3] * 3))
    assert not row.is_finished
    busy = [replace(one, flags=("busy",)) for one in measured(FAST, *[1e-3] * 4).samples]
    told(row, measured(null, samples=tuple(busy)))
    finished = row.finish(names, 3.0)
    assert finished.is_busy
    assert finished.text.endswith("1 target in 3 s, 1.00 ms (numpy); other programs used the CPU")


def test_outcomes_of_other_rows_do_not_count() -> None:
    row, _ = row_of(FAST)
    told(row, measured(case(matmul(16)), 1.0))
    assert row.reported == {}

"""The picture on a terminal: a table that fills, and below it what is being done."""

from collections.abc import Sequence
from itertools import chain

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlbench import units
from dlbench.records.case import Group as Row
from dlbench.report.watching.cells import TO_COME, Cell
from dlbench.report.watching.view import Line, RunView

# The narrowest columns: a workload, a target, and what the last one needs for a time.
MOST_LABEL, MOST_TARGET, LEAST_TIME = 34, 24, 14
GAP = 2
# Lines of the terminal besides the table: what is being done, and the place of the cursor.
OTHER_LINES = 2
# Lines of a shortened table besides its cases: the rows before and the rows after.
COUNTS = 2


def picture(view: RunView, console: Console, now: float) -> RenderableType:
    """Return the picture at this time; it is never higher or wider than the terminal."""
    parts = [*_table(view, console), _line(view, now)]
    return Group(*parts)


def _line(view: RunView, now: float) -> RenderableType:
    """Return what is being done on the left, and the time on the right."""
    grid = Table.grid(expand=True, padding=(0, 0, 0, GAP))
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    doing = ": ".join(filter(None, (view.head, view.doing(now))))
    grid.add_row(Text(doing), Text(view.time(now)))
    return grid


def _table(view: RunView, console: Console) -> list[RenderableType]:
    """Return all rows where they fit, else the present row and counts of the others."""
    if view.plan is None:
        return []
    room = console.size.height - OTHER_LINES
    rows = [group for group in view.plan.groups if any(not case.skip for case in group.cases)]
    lines = list(chain.from_iterable(view.lines(row) for row in rows))
    if len(lines) <= room:
        return [_grid(lines, console)] if lines else []
    return _shortened(view, rows, room - COUNTS, console)


def _shortened(
    view: RunView, rows: Sequence[Row], room: int, console: Console
) -> list[RenderableType]:
    present = view.row or rows[0]
    lines = view.lines(present)
    more = len(lines) - room
    if more > 0:  # its own line takes one, too
        lines = lines[: max(room - 1, 0)]
        more = len(view.lines(present)) - len(lines)
    others = [case for row in rows if row is not present for case in row.cases if not case.skip]
    done = sum(view.cells[case.id].status is not None for case in others)
    counts = (
        _count(more, "more case of this row", "more cases of this row") if more > 0 else "",
        _count(done, "case before", "cases before"),
        _count(len(others) - done, "case to come", "cases to come"),
    )
    below = [Text(text, style="dim", no_wrap=True, overflow="ellipsis") for text in counts if text]
    return [*([_grid(lines, console)] if lines else []), *below[: room + COUNTS - len(lines)]]


def _count(count: int, noun: str, plural: str) -> str:
    return f"{TO_COME} {units.counted(count, noun, plural)}" if count else ""


def _grid(lines: Sequence[Line], console: Console) -> Table:
    """Return a table of these lines; a workload is named in its first."""
    label = min(max(len(line.label) for line in lines), MOST_LABEL)
    target = min(max(len(line.target) for line in lines), MOST_TARGET)
    time = max(console.width - label - target - 2 * GAP, LEAST_TIME)
    grid = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for width in (label, target, time):
        grid.add_column(max_width=width, no_wrap=True, overflow="ellipsis")
    before = ""
    for line in lines:
        shown = "" if line.label == before else line.label
        grid.add_row(Text(shown), Text(line.target), Text(line.cell.text, style=_style(line.cell)))
        before = line.label
    return grid


def _style(cell: Cell) -> str:
    if cell.is_failed:
        return "red"
    if cell.status == "skipped" or cell.step_s is None:
        return "dim"
    return "yellow" if cell.is_busy else ""

"""The picture on a terminal: a table that fills, and below it what is being done."""

from collections.abc import Sequence
from itertools import chain

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from dlbench import units
from dlbench.records.case import Group as Row
from dlbench.report.watching.cells import TO_COME, Cell
from dlbench.report.watching.view import Line, Planned, RunView

# The narrowest columns: a workload, a target, and what the last one needs for a time.
MOST_LABEL, MOST_TARGET, LEAST_TIME = 34, 24, 14
GAP = 2
# Between where the run is and what is being done; the least of the former: `[12/34] ...`.
HEAD_ENDS, LEAST_HEAD = ": ", 9
# Lines of the terminal besides the table: what is being done, and the place of the cursor.
OTHER_LINES = 2


def picture(view: RunView, console: Console, now: float) -> RenderableType:
    """Return the picture at this time; it is never higher or wider than the terminal."""
    parts = [*_table(view, console), _line(view, console, now)]
    return Group(*parts)


def _line(view: RunView, console: Console, now: float) -> RenderableType:
    """Return what is being done on the left, and the time on the right.

    Where it is too long, the name of the row is cut: the table has it too.
    """
    time, doing, head = Text(view.time(now)), Text(view.doing(now)), Text(view.head)
    if head:
        room = console.width - GAP - time.cell_len - doing.cell_len - len(HEAD_ENDS)
        head.truncate(max(room, LEAST_HEAD), overflow="ellipsis")
        doing = Text.assemble(head, HEAD_ENDS, doing)
    grid = Table.grid(expand=True, padding=(0, 0, 0, GAP))
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(doing, time)
    return grid


def _table(view: RunView, console: Console) -> list[RenderableType]:
    """Return all rows where they fit, else the present row and counts of the others."""
    if view.planned is None or not view.planned.groups:
        return []
    room = console.size.height - OTHER_LINES
    if len(view.planned.in_table) <= room:
        lines = chain.from_iterable(map(view.planned.lines, view.planned.groups.values()))
        return [_grid(list(lines), console)]
    present = view.row.group if view.row else next(iter(view.planned.groups.values()))
    return _shortened(view.planned, present, room, console)


def _shortened(planned: Planned, present: Row, room: int, console: Console) -> list[RenderableType]:
    """Return as many cases of the present row as fit, and counts of all others."""
    lines = planned.lines(present)
    others = len(planned.in_table) - len(lines)
    done = planned.ended - sum(line.cell.status is not None for line in lines)
    counts = [
        _count(done, "case before", "cases before"),
        _count(others - done, "case to come", "cases to come"),
    ]
    space = max(room - len(list(filter(None, counts))), 0)
    if len(lines) > space:
        space = max(space - 1, 0)
        more = _count(len(lines) - space, "more case of this row", "more cases of this row")
        lines, counts = lines[:space], [more, *counts]
    below = [Text(text, style="dim", no_wrap=True) for text in counts if text][:room]
    return [*([_grid(lines, console)] if lines else []), *below]


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

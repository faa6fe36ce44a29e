"""Nothing that is printed commands a terminal but the colours of dlbench itself."""

import ast
import io
from itertools import pairwise
from pathlib import Path

import pytest
from rich.live import Live
from rich.table import Table
from rich.text import Text

import dlbench
from dlbench.printer import Printer, put
from dlbench.text import REPLACEMENT

PACKAGE = Path(dlbench.__file__).parent
EVIL = "a\x1b]0;pwned\x1b\\\x9b31m\u202eb"
CLEAN = f"a{REPLACEMENT}]0;pwned{REPLACEMENT}\\{REPLACEMENT}31m{REPLACEMENT}b"


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def printer(stream):
    return Printer(file=stream, width=200, force_terminal=True, color_system="standard")


def in_a_table():
    table = Table.grid()
    table.add_row(EVIL, Text(EVIL, style="red"))
    return table


@pytest.mark.parametrize("shown", [EVIL, Text(EVIL), in_a_table()], ids=["text", "Text", "table"])
def test_evil_text_is_replaced_wherever_it_stands(printer, stream, shown):
    printer.print(shown, markup=False, highlight=False)
    found = stream.getvalue()
    assert CLEAN[:13] in found  # a table makes its columns by the width of the evil text
    assert not {"\x1b]", "\x1b\\", "\x9b", "\u202e"} & {*found, *map("".join, pairwise(found))}


def test_a_live_picture_is_clean_too_and_still_moves_the_cursor(printer, stream):
    with Live(Text(EVIL), console=printer, auto_refresh=False) as live:
        live.update(Text(f"{EVIL} again"), refresh=True)
        printer.print(EVIL, markup=False)
    assert "\x1b]" not in stream.getvalue()
    assert f"{CLEAN} again" in stream.getvalue()
    assert "\x1b[2K" in stream.getvalue(), "the picture before is erased"


def test_colours_stay(printer, stream):
    printer.print("warning", style="yellow")
    assert stream.getvalue() == "\x1b[33mwarning\x1b[0m\n"


@pytest.mark.parametrize("form", ["table", "csv", "json", "md", "html"])
def test_a_text_in_a_format_is_clean_off_the_terminal(stream, form):
    put(Printer(file=stream), f"{EVIL}\n", form)
    assert stream.getvalue() == f"{CLEAN}\n"


def test_on_a_terminal_a_table_keeps_the_colours_that_it_was_drawn_with(printer, stream):
    put(printer, "\x1b[1mbold\x1b[0m", "table")
    put(printer, "\x1b[1m", "csv")
    assert stream.getvalue() == f"\x1b[1mbold\x1b[0m{REPLACEMENT}[1m"


# --- there is no other way ----------------------------------------------------------------------

# Who prints what comes from dlbench alone, or cleans it itself.
ALLOWED = {
    "print": {"cli.py", "__main__.py"},
    "typer.echo": {"cli.py", "commands/base.py"},
    "Console": set(),
    "sys.stdout.write": {"machine/gpu/cuda.py"},  # a process that answers dlbench
    "sys.stderr.write": {"harness/fork_server.py"},
    "console.file.write": {"printer.py"},
}


def test_all_that_is_printed_goes_through_the_printer():
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = {ast.unparse(one.func) for one in ast.walk(tree) if isinstance(one, ast.Call)}
        found = {call for call in calls if place not in ALLOWED.get(call, {place})}
        assert not found, place

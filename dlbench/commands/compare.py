"""Compare two stored runs, or two targets of one; as a gate for automatic checks too."""

from typing import Annotated

import typer

from dlbench.commands.base import RESULTS, Filter, Margin, Results, option

HELP = """Compare run B with run A case by case.

A and B are paths, ids, beginnings of ids, `latest`, or `latest~1` for the run before the latest.
With --run they are two targets of this run, such as numpy torch/eager. A ratio above 1 means that
B takes longer. Cases whose software is the same in both runs show how the machine has changed.

With --fail-on, the exit code is 3 if a case is slower than allowed beyond doubt; with --strict, it
is 4 if one may be, or is missing.

Example: dlbench compare latest~1 latest --fail-on slower:5%
"""
LINES = "Lines of each table; 0 for all. [default: all, or 40 of most interest on a long page]"


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare", help=HELP)(compare)


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="What to compare with.")] = "latest~1",
    b: Annotated[str, typer.Argument(metavar="B", help="What is judged.")] = "latest",
    run: Annotated[
        str | None, option("--run", "Compare two targets of this run, which A and B name.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, md, csv, json or html.")] = "table",
    fail_on: Annotated[
        str | None,
        option("--fail-on", "End with exit code 3 if a case is slower by more: slower:5%."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="With --fail-on: unsure or missing cases are exit code 4."),
    ] = False,
    margin: Margin = None,
    keep: Filter = "",
    top: Annotated[int | None, option("--top", LINES)] = None,
    results: Results = RESULTS,
) -> int:
    """Compare and print; the exit code is that of the gate."""
    from dlbench.api.compare import WHY
    from dlbench.api.compare import compare as api
    from dlbench.api.load import load_run
    from dlbench.archive import gate as gates
    from dlbench.archive.sheet import sheet_of
    from dlbench.errors import UsageError
    from dlbench.formats import base
    from dlbench.printer import Printer, put
    from dlbench.syntax import choice, within

    format_ = choice("format", form, base.options())
    within("--top", top, 0, 10_000)
    limit = None if fail_on is None else gates.limit_of(fail_on)
    if strict and limit is None:
        raise UsageError("--strict needs a rule", hint="Add one, such as --fail-on slower:5%")
    if run is None:
        runs = [load_run(one, results, WHY).filtered(keep) for one in (a, b)]
        found = api(*runs, margin=margin)
    else:
        found = api(a, b, run=load_run(run, results, WHY).filtered(keep), margin=margin)
    gate = None if limit is None else gates.judge(found.compared, limit, strict=strict)
    console = Printer()
    put(console, base.sheet_writer(format_)(sheet_of(found.compared, gate, top), console), format_)
    return 0 if gate is None else gate.exit_code

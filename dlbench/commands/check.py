"""Check whether a stored run is whole and plausible."""

from typing import Annotated

import typer

from dlbench.commands.base import RESULTS, Results, RunName, echo

HELP = """Check whether a stored run is whole and plausible.

Looks at the schema of all records, the plan, the order and number of samples, the self-checks and
the results of the checks, and computes all verdicts anew. The exit code is 1 if something is wrong;
every fault is named with its place. It cannot tell forged samples from true ones.

Example: dlbench check latest
"""
FORMATS = ("table", "json")


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", help=HELP)(check)


def check(
    run: RunName = "latest",
    form: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    results: Results = RESULTS,
) -> int:
    """Check and print; the exit code says whether all is well."""
    import msgspec

    from dlbench import units
    from dlbench.api.check import check as api
    from dlbench.errors import EXIT_FAILED_CASES
    from dlbench.syntax import choice

    choice("--format", form, FORMATS)
    found = api(run, results)
    if form == "json":
        echo(msgspec.json.format(msgspec.json.encode(found), indent=1).decode())
    else:
        for fault in found.faults:
            echo(f"{fault.where}: {fault.what}")
        checked = f" ({', '.join(found.counts)})" if found.counts else ""
        faults = units.counted(len(found.faults), "fault")
        state = "is whole and plausible" if found.ok else f"has {faults}"
        echo(f"{found.folder} {state}{checked}")
    return 0 if found.ok else EXIT_FAILED_CASES

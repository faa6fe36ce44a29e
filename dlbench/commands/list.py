"""List the suites, workloads, networks, backends, data sets and runs."""

import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlbench import registry
from dlbench.commands.base import RESULTS, Force, Results, echo
from dlbench.errors import UsageError, unknown

if TYPE_CHECKING:
    from dlbench.records.case import Declaration
    from dlbench.records.settings import Departure

HELP = """List what dlbench can measure, and the stored runs.

WHAT is one of suites, workloads, networks, backends, datasets, runs. Without WHAT, the names of all
are listed. --diagram draws a network with its layers, shapes and parameters: dlbench list networks
--diagram mnist-512

Example: dlbench list networks
"""

# The length of date, hour and minute at the beginning of a time in ISO 8601.
DATE = len("2026-01-01T12:00")

GAP = "  "
# A pipe or a file has no width: there every member has one line.
ENDLESS = 10**6

Lines = Iterable[tuple[str, ...]]


def add(app: typer.Typer) -> None:
    """Add the command."""
    app.command("list", help=HELP)(list_)


def list_(
    what: Annotated[
        str | None,
        typer.Argument(
            help="suites, workloads, networks, backends, datasets or runs. [default: names of all]",
            show_default=False,
        ),
    ] = None,
    results: Results = RESULTS,
    diagram: Annotated[
        str | None,
        typer.Option("--diagram", help="Draw this network, as SVG and PNG.", show_default=False),
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The folder that the drawing goes to.")
    ] = Path(),
    force: Force = False,
) -> None:
    """Print one line per member, beginning with its name; or draw a network."""
    if what is not None and what not in LISTS:
        raise unknown("list", what, LISTS)
    if diagram is not None:
        _draw(what or "networks", diagram, out, force)
    elif what is None:
        _print(list(_overview(results)))
        echo("For details: dlbench list WHAT, such as dlbench list networks")
    elif lines := list(LISTS[what](results)):
        _print(lines)
        for title, more in DETAILS.get(what, ()):
            echo(f"\n{title}")
            _print(list(more()))
    else:
        echo(f"There are no {what} yet.")


def _print(lines: Sequence[tuple[str, ...]]) -> None:
    """Print the lines as columns, folded to the width of the terminal."""
    widths = _fitting(lines, shutil.get_terminal_size((ENDLESS, 0)).columns)
    for line in lines:
        folded = (
            textwrap.wrap(cell, width, break_long_words=False, break_on_hyphens=False)
            for cell, width in zip(line, widths, strict=True)
        )
        for cells in zip_longest(*folded, fillvalue=""):
            padded = map(str.ljust, cells, widths)
            echo(GAP.join(padded).rstrip())


def _fitting(lines: Sequence[tuple[str, ...]], most: int) -> list[int]:
    """The width of each column: the last ones become narrower until all fit.

    A name in the first column stays whole, and so does every word.
    """
    columns = list(zip(*lines, strict=True))
    widths = [max(1, *map(len, column)) for column in columns]
    for number in range(len(columns) - 1, 0, -1):
        too_many = sum(widths) + len(GAP) * (len(widths) - 1) - most
        longest = max(map(len, " ".join(columns[number]).split()), default=1)
        widths[number] = min(widths[number], max(longest, widths[number] - too_many))
    return widths


def _draw(what: str, name: str, out: Path, force: bool) -> None:
    """Draw a network into the folder `out`; print the paths of the files."""
    from dlbench.networks.base import named
    from dlbench.report import network_diagram

    if what != "networks":
        raise UsageError("--diagram draws networks only", value=what, allowed="networks")
    for path in network_diagram.write(named(name), out, force=force):
        echo(path)


def _overview(results: Path) -> Lines:
    """Return one line per list: its name, the number of members and their names.

    Of the runs, only the latest is named.
    """
    for what, lines in LISTS.items():
        names = [line[0] for line in lines(results)]
        if what == "runs" and names:
            yield what, str(len(names)), f"latest: {names[-1]}"
        else:
            yield what, str(len(names)), ", ".join(names)


def _suites(_: Path) -> Lines:
    import tomllib

    for name in registry.names("suites", ".toml"):
        text = (registry.PACKAGE / "suites" / f"{name}.toml").read_text(encoding="utf-8")
        yield name, tomllib.loads(text)["about"]


def _workloads(_: Path) -> Lines:
    return ((name, registry.about("workloads", name)) for name in registry.names("workloads"))


def _networks(_: Path) -> Lines:
    from dlbench.networks.base import every
    from dlbench.records.network import parameter_count

    for name, network in every().items():
        yield name, f"{parameter_count(network):>7} parameters", network.about


def _backends(_: Path) -> Lines:
    from importlib.util import find_spec

    for name, declared in _declared():
        is_installed = find_spec(declared.package) is not None
        modes = ", ".join(f"{mode} ({kind})" for mode, kind in declared.modes.items())
        state = "installed" if is_installed else f"not installed; {declared.install}"
        yield name, ", ".join(declared.devices), modes, state


def _calls() -> Lines:
    yield "backend", "workload", "--call", "what it does"
    for name, declared in _declared():
        for kind, calls in declared.calls.items():
            yield from ((name, kind, call, about) for call, about in calls.items())


def _dtypes() -> Lines:
    yield "backend", "device", "--dtype"
    for name, declared in _declared():
        for device, dtypes in declared.devices.items():
            usual = declared.usual_dtypes.get(device, dtypes[0])
            told = "" if usual == "float32" else f" (multiplies float32 in {usual} by default)"
            yield name, device, f"{', '.join(dtypes)}{told}"
        for dtype, why in declared.lacks.items():
            yield name, "none", f"{dtype}: {why}"


def _settings() -> Lines:
    for name, declared in _declared():
        yield from ((name, _in_a_line(one)) for one in declared.departures)


def _in_a_line(one: "Departure") -> str:
    from dlbench.records.settings import in_words

    where = f" on {', '.join(one.devices)}" if one.devices else ""
    values = f"{in_words(one.ours)} (default: {in_words(one.default)})"
    option = f"; {one.option} measures with the default" if one.option else ""
    return f"{one.name}{where}: {values}; {one.why}{option}"


def _declared() -> Iterator[tuple[str, "Declaration"]]:
    from dlbench.records.case import Declaration

    for name in registry.names("backends"):
        yield name, registry.declaration("backends", name, Declaration)


def _datasets(_: Path) -> Lines:
    for name in registry.names("datasets"):
        declared = registry.declaration("datasets", name, dict)
        rows = f"{declared['train_rows']} + {declared['test_rows']} rows"
        yield name, rows, declared["licence"], registry.about("datasets", name)


def _runs(results: Path) -> Lines:
    from dlbench.results.find import folders
    from dlbench.results.outcome import outcome

    for folder in folders(results):
        try:
            ended = outcome(folder)
        except Exception:  # noqa: BLE001 - whatever is wrong with one folder, the others are listed
            yield folder.name, "", "", "cannot be read; dlbench show says why"
        else:
            date = ended.started[:DATE].replace("T", " ")
            about = ", ".join(filter(None, (ended.counts, ended.state, ended.quiet)))
            yield folder.name, date, ended.subject, f"{about}; {ended.machine}"


LISTS: dict[str, Callable[[Path], Lines]] = {
    "suites": _suites,
    "workloads": _workloads,
    "networks": _networks,
    "backends": _backends,
    "datasets": _datasets,
    "runs": _runs,
}

# What follows a list: a title, and lines.
DETAILS: dict[str, tuple[tuple[str, Callable[[], Lines]], ...]] = {
    "backends": (
        ("Number types", _dtypes),
        ("Calls beside the bare one", _calls),
        ("Settings that differ from the framework's defaults", _settings),
    ),
}

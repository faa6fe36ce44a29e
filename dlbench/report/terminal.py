"""What the commands print of a run or a plan: on a terminal, as Markdown, CSV or JSON."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args

import msgspec
from rich.console import Console

from dlbench import units
from dlbench.analysis.columns import flatten
from dlbench.analysis.rows import Row
from dlbench.analysis.run import FASTEST, ComparedRows, RunAnalysis, Versus
from dlbench.formats import tables
from dlbench.records.plan import Plan, Sampling
from dlbench.report import notes
from dlbench.report.advice import advice
from dlbench.report.tables import SPARSE, Grid, Metric, grid, having, last_note, parted, ratios
from dlbench.results.folder import Results

Format = Literal["table", "md", "csv", "json"]


LEGEND = "fastest of its row, and what was not found slower than it beyond the margin"


RATIO_LEGEND = "below 1: faster than the baseline; under it, the 95 % interval"


ALONE = "no target but the baseline was measured: there is nothing to compare"


FORMATS: tuple[Format, ...] = get_args(Format)


def usual(rows: Sequence[Row]) -> tuple[Metric, ...]:
    """What is shown of a run to who asks for nothing in particular.

    How much of a step is overhead, where that is known. Of static modes when they pay, or what they
    cost where no dynamic mode was measured beside.
    """
    compiling: Metric = "break-even" if having(rows, "break-even") else "compile"
    return "gflops", "overhead", compiling


def show(
    results: Results,
    console: Console,
    metrics: Sequence[Metric] | None = None,
    form: Format = "table",
    against: Versus = FASTEST,
) -> None:
    """Print a run in one of the formats; CSV and JSON hold all metrics."""
    known = RunAnalysis(results, against.margin)
    reading = known.against(against.baseline)
    if form == "json":
        print(to_json(results, reading))
    elif form == "csv":
        print(tables.to_csv(reading.rows), end="")
    else:
        page = _page(known, reading, metrics or usual(reading.rows))
        if form == "md":
            print(_markdown(page), end="")
        else:
            _on_terminal(results, page, console)


def to_json(results: Results, reading: ComparedRows) -> str:
    """An object with `run` (its head, without the plan's cases), `nulls` and `rows`."""
    run = msgspec.to_builtins(results.run)
    del run["plan"]["groups"]
    text = msgspec.json.encode(
        {"run": run, "nulls": reading.nulls, "rows": [*map(flatten, reading.rows)]}
    )
    return msgspec.json.format(text).decode()


class _Page(NamedTuple):
    """A run for a person: tables, maybe one of ratios with its command, and lines below."""

    grids: list[Grid]
    ratios: Grid | None
    settling: str | None
    alarm: str | None
    below: list[str]


def _page(known: RunAnalysis, reading: ComparedRows, metrics: Sequence[Metric]) -> _Page:
    """The marks of the fastest are those of the comparison with it, whatever the baseline."""
    if reading.baseline is None:
        grids, shown, settling = _grids(reading.rows, metrics), None, None
    else:
        grids = _grids(known.against().rows, metrics)
        [compared] = [
            part
            for part in parted(reading.rows)
            if any(row.target.id == reading.baseline for row in part)
        ]
        shown = ratios(compared, reading.baseline, max(map(last_note, grids)) + 1)
        settling = notes.settling(known.run, reading.rows)
    alone = shown and not shown.heads
    return _Page(
        grids=grids,
        ratios=None if alone else shown,
        settling=settling,
        alarm=notes.alarm(reading.nulls),
        below=[
            *([ALONE] if alone else []),
            *advice(reading.rows),
            *notes.lines(known.run, reading),
        ],
    )


def _grids(rows: Sequence[Row], metrics: Sequence[Metric]) -> list[Grid]:
    """A table of every metric; of what not all runs have, among others, only where there is any."""
    optional = {"utilisation", *SPARSE} if len(metrics) > 1 else set()
    told = [name for name in metrics if name not in optional or having(rows, name)]
    return [
        grid(part, name)
        for name in told
        for part in parted(having(rows, name) if name in optional & {*SPARSE} else rows)
    ]


def _markdown(page: _Page) -> str:
    written = [*page.grids, *([page.ratios] if page.ratios else [])]
    lines = [page.settling, page.alarm and f"Warning: {page.alarm}", *page.below]
    below = [f"- {tables.escaped(line)}\n" for line in lines if line]
    return "\n".join([*map(tables.to_markdown, written), *(["".join(below)] if below else [])])


class _Line(NamedTuple):
    """A line of text, and how it looks where there is colour."""

    text: str
    style: str = ""


def _on_terminal(results: Results, page: _Page, console: Console) -> None:
    for part in _parts(results, page):
        text, style = (f"\n{part.title}", "bold") if isinstance(part, Grid) else part
        long_lines = not console.is_terminal  # no person, no wrapping: lines are for grep
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=long_lines)
        if isinstance(part, Grid):
            for table in tables.to_rich(part, console.width):
                console.print(table)


def _parts(results: Results, page: _Page) -> Iterator[Grid | _Line]:
    """What stands on a terminal, from top to bottom."""
    yield from (_Line(f"Warning: {warning}") for warning in results.warnings)
    yield _Line(_machine(results), "dim")
    yield from page.grids
    yield from map(_Line, page.grids[0].notes)
    if any(cell.best for _, cells in page.grids[0].rows for cell in cells):
        yield _Line(f"{tables.BEST_MARK} {LEGEND}", "dim")
    if page.ratios:
        yield page.ratios
        yield from map(_Line, page.ratios.notes)
        yield _Line(RATIO_LEGEND, "dim")
    if page.settling:
        yield _Line(page.settling)
    yield from (_Line(line, "dim") for line in page.below)
    if page.alarm:
        yield _Line(f"Warning: {page.alarm}", "bold red")


def _machine(results: Results) -> str:
    """One line on where the numbers are from."""
    env = results.run.environment
    memory = units.size(env.memory_bytes) if env.memory_bytes else "memory unknown"
    software = ", ".join(f"{name} {version}" for name, version in env.versions.items())
    cores = f"{env.usable_cores} of {env.cores} cores"
    hardware = ", ".join([env.cpu or "CPU unknown", cores, memory, *env.gpus])
    return f"{results.run.id}: {hardware}; Python {env.python}, {software}"


def plan(made: Plan, console: Console) -> None:
    """Print every group with its cases, and why some are skipped."""
    long_lines = not console.is_terminal
    for group in made.groups:
        synthetic = " (synthetic data)" if group.workload.synthetic else ""
        console.print(f"{group.workload.id}{synthetic}", style="bold", highlight=False)
        for case in group.cases:
            skip = f"  skipped: {case.skip}" if case.skip else ""
            text = f"  {case.target.id}{skip}"
            console.print(text, highlight=False, markup=False, soft_wrap=long_lines)
        if group.null is not None:
            console.print(f"  {group.null.target.id} again, as the null", highlight=False)
    running = sum(case.skip is None for case in made.cases)
    skipped = len(made.cases) - running
    sampling = made.sampling
    console.print(
        f"{units.counted(running, 'case')} to measure, {skipped} skipped; {sampling.rigor}: "
        f"{units.counted(sampling.generations, 'generation')} of up to "
        f"{units.counted(sampling.blocks, 'block')} of about "
        f"{units.duration(sampling.block_s)} each, {_renewed(sampling)}seed {made.seed}",
        highlight=False,
        soft_wrap=long_lines,
    )


def _renewed(sampling: Sampling) -> str:
    often = units.counted(sampling.renewals, "time")
    return f"renewed up to {often} where possible, " if sampling.renewals else ""

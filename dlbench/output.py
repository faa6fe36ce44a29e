"""What the commands print of a run or a plan: on a terminal, as Markdown, CSV or JSON."""

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec
from rich.console import Console

from dlbench import tables, units
from dlbench.grid import Grid, Metric, grid
from dlbench.model import Plan
from dlbench.rows import Row, rows_of
from dlbench.store import Results

Format = Literal["table", "md", "csv", "json"]
LEGEND = "fastest of its row; several where their 95 % intervals overlap"

FORMATS: tuple[Format, ...] = get_args(Format)


def show(
    results: Results,
    console: Console,
    metrics: Sequence[Metric] = ("gflops",),
    form: Format = "table",
) -> None:
    """Print a run in one of the formats; CSV and JSON hold all metrics."""
    rows = rows_of(results)
    if form == "json":
        print(to_json(results, rows))
    elif form == "csv":
        print(tables.to_csv(rows), end="")
    elif form == "md":
        print("\n".join(tables.to_markdown(grid(rows, name)) for name in metrics), end="")
    else:
        _on_terminal(results, [grid(rows, name) for name in metrics], console)


def to_json(results: Results, rows: list[Row]) -> str:
    """An object with `run` (its head, without the plan's cases) and `rows`."""
    run = msgspec.to_builtins(results.run)
    del run["plan"]["groups"]
    text = msgspec.json.encode({"run": run, "rows": rows})
    return msgspec.json.format(text).decode()


def _on_terminal(results: Results, grids: list[Grid], console: Console) -> None:
    for warning in results.warnings:
        console.print(f"Warning: {warning}", markup=False)
    long_lines = not console.is_terminal  # no person, no wrapping: lines are for grep
    machine = _machine(results)
    console.print(machine, style="dim", markup=False, highlight=False, soft_wrap=long_lines)
    for laid in grids:
        console.print(f"\n{laid.title}", style="bold", markup=False, highlight=False)
        for page in tables.to_rich(laid, console.width):
            console.print(page)
    for note in grids[0].notes:
        console.print(note, markup=False, highlight=False, soft_wrap=long_lines)
    if any(cell.best for _, cells in grids[0].rows for cell in cells):
        console.print(
            f"{tables.BEST_MARK} fastest of its row; several where their 95 % intervals overlap",
            style="dim",
            highlight=False,
        )


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
    running = sum(case.skip is None for case in made.cases)
    skipped = len(made.cases) - running
    sampling = made.sampling
    console.print(
        f"{units.counted(running, 'case')} to measure, {skipped} skipped; "
        f"{units.counted(sampling.blocks, 'block')} of about "
        f"{units.duration(sampling.block_s)} each, seed {made.seed}",
        highlight=False,
        soft_wrap=long_lines,
    )

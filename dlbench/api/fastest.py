"""Measure the networks of a user's own file, and say how to use what is fastest."""

from pathlib import Path
from typing import Any

from dlbench.analysis.labels import names_by_case
from dlbench.analysis.rows import leaders, timed_rows
from dlbench.api.invocation import Watch, unwatched
from dlbench.api.result import RunResult
from dlbench.api.run import run
from dlbench.errors import UsageError
from dlbench.machine.gpu import identity
from dlbench.own import repro, use
from dlbench.plan.request import Request
from dlbench.plan.targets import read_declarations

# Three engines of a network of 100,000 parameters, compiled and not, on two cores.
BUDGET_S = 180.0


def fastest(
    file: str | Path,
    *,
    results: str | Path = "results",
    progress: Watch = unwatched,
    command: str = "",
    **options: Any,
) -> RunResult:
    """Measure the networks of a file of Python on all targets, for three minutes at most.

    The arguments are those of `run`; budget_s and rigor have other defaults. Raises UsageError for
    a mistake in the file or the arguments.
    """
    if not str(file).endswith(".py"):
        hint = "A network of dlbench is measured with: dlbench run"
        raise UsageError("fastest needs a file of Python", value=str(file), hint=hint)
    given = {name: value for name, value in options.items() if value is not None}
    request = Request.of(file, {"budget_s": BUDGET_S, "rigor": "quick", **given})
    return run(request, results=results, progress=progress, command=command)


def how_to_use(result: RunResult) -> list[str]:
    """Return, for each workload of an own file, the lines that use what is fastest."""
    rows = [row for row in result.rows().rows if row.workload.own is not None]
    names, leading = names_by_case(rows), leaders(rows)
    told = [(row.workload.label, names[row.case], row.target) for row in leading]
    return use.lines(told, read_declarations())


def script(result: RunResult) -> str:
    """Return a script without dlbench that times all ways of the first workload of an own file.

    Raises UsageError if nothing was measured.
    """
    rows = [row for row in timed_rows(result.rows().rows) if row.workload.own is not None]
    twins = {one.case: one.twin for one in result.measurements if one.twin is not None}
    first = next((row for row in rows if row.case in twins), None)
    if first is None:
        raise UsageError("there is no script: no network of an own file was measured")
    those = [row.case for row in rows if row.workload.id == first.workload.id]
    cases = [case for case in result.run.plan.cases if case.id in those]
    return repro.script(cases, twins[first.case], read_declarations(), _variables_of)


def _variables_of(device: str) -> dict[str, str]:
    """Return the environment variables by which a process sees a device alone, as a worker does."""
    return identity.environment_of(device, identity.card_of(device))

"""Print a run in a format, or a plan."""

from dataclasses import replace

from rich.console import Console

from dlbench import units
from dlbench.formats import base
from dlbench.printer import put
from dlbench.records.plan import Estimate, Plan, Sampling
from dlbench.report.document import document_of
from dlbench.report.view import DEFAULT, View
from dlbench.results.folder import Results

FORMATS = base.options()


def show(results: Results, console: Console, form: str = "table", view: View = DEFAULT) -> None:
    """Print a run in a format, by its name; formats for programs hold all metrics."""
    put(console, base.named(form).write(document_of(results, view), console), form)


def answer(results: Results, console: Console, form: str = "table", view: View = DEFAULT) -> None:
    """Print the answers of a run in a format, with a table for each question."""
    document = document_of(results, view)
    kept = replace(
        document,
        tables=document.answer_tables,
        ratios=None,
        rerun=None,
        remarks=() if document.answers else (UNANSWERED,),
        is_answer=True,
    )
    put(console, base.named(form).write(kept, console), form)


UNANSWERED = "There is nothing to answer: fewer than two targets were measured"


def plan(made: Plan, time: Estimate, console: Console) -> None:
    """Print every group with its cases, why some are skipped, and how long the run takes."""
    long_lines = not console.is_terminal
    for group in made.groups:
        workload = None
        for case in group.cases:
            if case.workload != workload:
                workload = case.workload
                synthetic = " (synthetic data)" if workload.synthetic else ""
                console.print(f"{workload.id}{synthetic}", style="bold", highlight=False)
            skip = f"  skipped: {case.skip}" if case.skip else ""
            text = f"  {case.target.id}{skip}"
            console.print(text, highlight=False, markup=False, soft_wrap=long_lines)
        others = ", in other repetitions others" if len(group.nulls) > 1 else ""
        for null in group.copies_in(0):
            text = f"  {null.target.id} a second time (self-check{others})"
            console.print(text, highlight=False, soft_wrap=long_lines)
    for note in made.notes:
        console.print(note, highlight=False, markup=False, soft_wrap=long_lines)
    running = sum(case.skip is None for case in made.cases)
    skipped = len(made.cases) - running
    sampling = made.sampling
    console.print(
        f"{units.counted(running, 'case')} to measure, {skipped} skipped. Rigor {sampling.rigor}: "
        f"{units.counted(sampling.generations, 'repetition')} in fresh processes, each with up to "
        f"{units.counted(sampling.blocks, 'sample')} of about "
        f"{units.duration(sampling.block_s)} per case{_renewed(sampling)}; seed {made.seed}",
        highlight=False,
        soft_wrap=long_lines,
    )
    console.print(_time(time), highlight=False, soft_wrap=long_lines)


def _time(time: Estimate) -> str:
    return (
        f"The run takes about {units.roughly(time.total_s)}: starting "
        f"{units.roughly(time.starting_s)}, compiling and checking "
        f"{units.roughly(time.preparing_s)}, measuring {units.roughly(time.measuring_s)}"
    )


def _renewed(sampling: Sampling) -> str:
    often = units.counted(sampling.renewals, "restart")
    return f" and up to {often} of workers" if sampling.renewals else ""

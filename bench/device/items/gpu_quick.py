"""A whole run: suite gpu-quick."""

import tempfile
from math import exp
from pathlib import Path
from statistics import median

from card import Card
from verdict import Facts, Verdict, of

from dlbench.analysis.nulls import null_pairs
from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import answers_of
from dlbench.records.measurement import Measurement
from dlbench.results.find import folders
from dlbench.results.folder import Results, read_run

NUMBER, SECONDS = 11, 150
CHECKS = "suite gpu-quick"

# The least share of a run that is timed, and how far a case on the GPU may lie from itself.
TIMED, ITSELF = 0.3, 0.01


def look(card: Card) -> Facts:
    """Run the suite."""
    with tempfile.TemporaryDirectory() as results:
        words = ("run", "gpu-quick", "--budget", str(SECONDS - 10), "--quiet")
        code, text = card.dlbench(*words, "--results", results, timeout_s=2 * SECONDS)
        found = folders(Path(results))
        if not found:
            return {"null": f"dlbench run ended with {code}: {text[-300:]}"}
        return facts_of(read_run(found[-1]))


def facts_of(results: Results) -> Facts:
    """What must hold of a run on a GPU."""
    analysis = RunAnalysis(results)
    answers = answers_of(analysis).by_workload
    pairs = null_pairs(results.run.plan, analysis.samples_by_case)
    return {
        "workloads": len({row.workload.id for row in analysis.rows}),
        "missing": [row.case for row in analysis.rows if row.status != "ok"],
        "answered": sorted({one.workload for one in answers if one.question == "device"}),
        "bounds": {row.case: row.device.bound for row in analysis.rows if row.device.bound},
        "timed": _timed(results.measurements),
        "itself": {
            case.id: exp(median(pair.generations[0])) - 1
            for case, pair in pairs
            if case.target.device != "cpu" and pair.generations and pair.generations[0]
        },
    }


def _timed(measurements: tuple[Measurement, ...]) -> float:
    """The share of the time between the first block and the last that lies in blocks."""
    blocks = [
        block
        for one in measurements
        for block in (
            *(one.warmup + one.samples + one.lead_ins),
            *(block for stretch in one.stretches for block in stretch.samples),
        )
    ]
    if not blocks:
        return 0.0
    ends = [block.started_s + block.host_s for block in blocks]
    whole_s = max(ends) - min(block.started_s for block in blocks)
    return sum(block.host_s for block in blocks) / whole_s if whole_s else 0.0


def judge(facts: Facts) -> Verdict:
    """All cases measured, CPU against GPU told for each workload, a steady self-check."""
    faults = []
    if facts["missing"]:
        faults.append(f"{len(facts['missing'])} cases not measured")
    if len(facts["answered"]) < facts["workloads"]:
        told = f"{len(facts['answered'])} of {facts['workloads']} workloads"
        faults.append(f"CPU or GPU told for {told}")
    if facts["timed"] < TIMED:
        faults.append(f"{100 * facts['timed']:.0f} % timed")
    odd = [
        f"{case} {100 * off:+.1f} %" for case, off in facts["itself"].items() if abs(off) > ITSELF
    ]
    if odd:
        faults.append(f"differs from itself: {', '.join(odd)}")
    found = f"{facts['workloads']} workloads answered, {100 * facts['timed']:.0f} % timed"
    return of(faults, found)

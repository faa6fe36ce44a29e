"""JSON of pytest-benchmark, for `pytest-benchmark compare`: every sample of every case.

A case is a benchmark, its workload is the group, a sample is a round. Read by version 3.1 and
later; https://pytest-benchmark.readthedocs.io/en/latest/usage.html
"""

from collections.abc import Sequence
from statistics import fmean, median, quantiles, stdev
from typing import Any

import msgspec

from dlbench.analysis.rows import Row, is_timed
from dlbench.analysis.samples import CaseSamples, join_generations
from dlbench.formats.base import Document
from dlbench.records.run import Run

DECLARATION = {"export": "pytest-benchmark"}

# The version whose format is written.
VERSION = "5.1.0"

# Tukey's fences: so many quartile ranges beyond the quartiles.
FENCE = 1.5


def export(documents: Sequence[Document], /) -> bytes:
    """Return the run as pytest-benchmark would have stored it."""
    [document] = documents
    run = document.run
    samples = join_generations(document.measurements)
    benchmarks = [
        _benchmark(row, samples[row.case]) for row in document.reading.rows if is_timed(row)
    ]
    content = {
        "machine_info": _machine(run),
        "commit_info": {"id": "unversioned", "project": "dlbench", "dirty": False},
        "benchmarks": benchmarks,
        "datetime": run.started,
        "version": VERSION,
    }
    return msgspec.json.format(msgspec.json.encode(content)) + b"\n"


def _machine(run: Run) -> dict[str, Any]:
    env = run.environment
    return {
        "node": "",
        "machine": env.cpu or "",
        "system": env.system,
        "python_implementation": "CPython",
        "python_version": env.python,
        "cpu": {"brand_raw": env.cpu or "", "count": env.cores, "usable": env.usable_cores},
        "gpus": env.gpus,
        "versions": env.versions,
        "dlbench": run.dlbench,
    }


def _benchmark(row: Row, samples: CaseSamples) -> dict[str, Any]:
    """Return a case: the samples that count, in seconds of a step."""
    data = [sample.step_s for sample in samples.selection.samples]
    return {
        "group": row.workload.id,
        "name": row.target.id,
        "fullname": row.case,
        "params": {**row.workload.params, "target": row.target.id},
        "param": row.target.id,
        "extra_info": {
            "low_s": row.time.low_s,
            "high_s": row.time.high_s,
            "ratio_to_fastest": row.comparison.ratio,
            "verdict": row.comparison.verdict,
        },
        "options": {"disable_gc": True, "timer": "perf_counter", "warmup": True},
        "stats": {**statistics_of(data), "iterations": row.blocks.iterations, "data": data},
    }


def statistics_of(data: Sequence[float]) -> dict[str, Any]:
    """Return the statistics of the rounds of a benchmark, by the names of pytest-benchmark."""
    ordered, mean = sorted(data), fmean(data)
    sd = stdev(data) if len(data) > 1 else 0.0
    q1, _, q3 = quantiles(data, n=4, method="inclusive") if len(data) > 1 else [ordered[0]] * 3
    low, high = q1 - FENCE * (q3 - q1), q3 + FENCE * (q3 - q1)
    inside = [value for value in ordered if low <= value <= high]
    beyond = sum(abs(value - mean) > sd for value in data)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": sd,
        "rounds": len(data),
        "median": median(data),
        "iqr": q3 - q1,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": len(data) - len(inside),
        "stddev_outliers": beyond,
        "outliers": f"{beyond};{len(data) - len(inside)}",
        "ld15iqr": inside[0],
        "hd15iqr": inside[-1],
        "ops": 1 / mean if mean else 0,
        "total": sum(data),
    }

"""A metric that a run has no figures for is answered with what to measure."""

import re
import shlex

import pytest
from msgspec.structs import replace

from dlbench.analysis.columns import flatten
from dlbench.errors import UsageError
from dlbench.plan import build, suite
from dlbench.plan.request import Request
from dlbench.plan.targets import read_declarations
from dlbench.records.measurement import Measurement, Memory
from dlbench.report.metrics import METRICS, NEEDS, measured, rows_with, texts_of
from dlbench.report.tables import lay_out
from fakes.machine import machine
from fakes.runs import TORCH, case, forward, matmul, rows, samples
from fakes.runs import measured as measured_of

PRODUCT = case(matmul(64))
FOUND = rows((PRODUCT, 1e-3), (case(matmul(64), TORCH), 2e-3))


@pytest.mark.parametrize("metric", [one for one in METRICS if not rows_with(FOUND, one)])
def test_a_metric_without_figures_says_what_to_measure(metric) -> None:
    needs, command = NEEDS[metric]
    with pytest.raises(UsageError) as caught:
        measured(FOUND, [metric])
    assert str(caught.value) == (
        f"This run has no figures for --metric {metric}: {metric} needs {needs}, measure it with: "
        f"{command}. It has: gflops, time."
    )


def test_of_several_metrics_those_with_figures_are_shown() -> None:
    assert measured(FOUND, METRICS) == ["gflops", "time"]
    assert measured(rows((case(forward()), 1e-3)), METRICS) == ["gflops", "time", "samples"]


def test_where_nothing_was_measured_the_table_says_why() -> None:
    dead = rows((PRODUCT, Measurement(PRODUCT.id, "failed", "it died")))
    assert measured(dead, ["overhead"]) == ["overhead"]


@pytest.mark.parametrize("command", dict.fromkeys(command for _, command in NEEDS.values()))
def test_the_commands_can_be_run(command: str) -> None:
    dlbench, run, *words = shlex.split(command)
    assert (dlbench, run) == ("dlbench", "run")
    options = dict(re.findall(r"--(\w+) (\S+)", " ".join(words)))
    request = Request.of(words[0] if words and "--" not in words[0] else "quick", options)
    known = read_declarations()
    here = machine(declarations=known, installed=frozenset(known))
    assert build.make(suite.load(request.suite), request, here).groups


def test_memory_is_shown_with_that_of_the_device_below_and_never_marked_as_too_long() -> None:
    held = Memory(512 * 2**20, 3 * 2**30)
    busy = samples(*[1e-3] * 8)
    flagged = tuple(replace(sample, flags=("busy",)) for sample in busy)
    (row,) = rows((PRODUCT, measured_of(PRODUCT, samples=flagged, memory=held)))
    assert row.busy
    ((_, (cell,)),) = lay_out([row], "memory").rows
    assert (cell.text, cell.below) == ("512 MiB", "3.00 GiB")
    assert (flatten(row)["peak_resident_bytes"], flatten(row)["peak_device_bytes"]) == (
        held.resident_bytes,
        held.device_bytes,
    )


def test_where_the_process_is_not_known_its_device_still_is() -> None:
    (row,) = rows((PRODUCT, measured_of(PRODUCT, 1e-3, memory=Memory(None, 2**20))))
    assert texts_of("memory", row) == ("–", "1.00 MiB")

"""A metric that a run has no figures for is answered with what to measure."""

import re
import shlex

import pytest

from dlbench.errors import UsageError
from dlbench.plan import build, suite
from dlbench.plan.request import Request
from dlbench.plan.targets import read_declarations
from dlbench.records.measurement import Measurement
from dlbench.report.metrics import METRICS, NEEDS, measured, rows_with
from fakes.machine import machine
from fakes.runs import TORCH, case, forward, matmul, rows

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

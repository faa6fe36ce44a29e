"""Measure the noise of this machine: the same product in two processes, in turns."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from msgspec.structs import replace

from dlbench.analysis import nulls
from dlbench.analysis.pairing.contest import ALPHA
from dlbench.analysis.pairing.located import Knowledge, located
from dlbench.analysis.pairing.luck import medians
from dlbench.analysis.samples import join_generations
from dlbench.analysis.verdicts import MARGIN
from dlbench.api.alone import REFUSE, measuring
from dlbench.checks.base import Noise
from dlbench.errors import UsageError
from dlbench.experience import luck
from dlbench.harness.supervisor.launcher import Launcher
from dlbench.harness.supervisor.run import Supervisor
from dlbench.plan import build, suite
from dlbench.plan.request import Request
from dlbench.plan.targets import Machine
from dlbench.records.measurement import Measurement
from dlbench.records.plan import Plan
from dlbench.records.run import Environment
from dlbench.stats.location import Variance
from dlbench.stats.luck import USUAL, raised

# The seconds that it may take.
SECONDS = 10.0

# A product of some milliseconds that keeps all cores busy, in the backend that starts in a second.
ASKED = Request(suite="matmul", backend=("numpy",), size=("512",), rigor="quick")

# Only several repetitions show by how much equal processes differ.
GENERATIONS = 4
# Shorter than in a run, so that so many of them fit.
WARMUP_S, STRETCH_S, BLOCKS = 0.1, 0.08, 16


def measure(machine: Machine, environment: Environment) -> Noise | str:
    """Measure for SECONDS; return the noise, or why there is none.

    It does not wait for another dlbench that measures, and would only find its noise.
    """
    try:
        planned = plan(machine)
        with measuring("dlbench doctor", REFUSE):
            return _measured(planned, machine, environment)
    except UsageError as error:  # there is too little memory
        return str(error)


def _measured(planned: Plan, machine: Machine, environment: Environment) -> Noise | str:
    start = monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="dlbench-", ignore_cleanup_errors=True) as logs,
        Launcher(machine.declarations, Path(logs)) as launch,
    ):
        events = list(Supervisor(planned, launch).measure())
    measured = [event for event in events if isinstance(event, Measurement)]
    usual, _ = luck.usual(environment, planned)
    lucky = Variance(usual.variance, usual.df) if usual else USUAL
    return evaluate(planned, measured, monotonic() - start, lucky)


def plan(machine: Machine) -> Plan:
    """Return the plan: one case, and itself a second time."""
    request = replace(ASKED, budget_s=SECONDS, generations=GENERATIONS)
    made = build.make(suite.load(request.suite), request, machine)
    short = {"warmup_s": WARMUP_S, "stretch_s": STRETCH_S, "blocks": BLOCKS}
    return replace(made, sampling=replace(made.sampling, **short))


def evaluate(
    planned: Plan, measured: Sequence[Measurement], seconds: float, usual: Variance
) -> Noise | str:
    """Return what the measurements show, or why they show nothing. usual: the luck of others."""
    if failed := [one.reason for one in measured if one.reason and one.status != "ok"]:
        return failed[0]
    pairs = nulls.null_pairs(planned, join_generations(measured))
    if not pairs:
        return f"there was no time for it within {SECONDS:g} s"
    lucky = raised(usual, [value for _, pair in pairs for value in medians(pair)])
    found = [located(pair, Knowledge(lucky)) for _, pair in pairs]
    return Noise(
        seconds,
        nulls.smallest_visible(found, MARGIN, ALPHA),
        MARGIN,
        rounds=sum(pair.rounds for _, pair in pairs),
        disturbed=sum(pair.disturbed for _, pair in pairs),
        stopped=sum(pair.throttled for _, pair in pairs),
        differs=bool(nulls.evaluate(pairs, lucky).failed),
    )

"""Runs of known truth, as they would be read from disk: cases in turns, round by round.

A block takes its target's time, times the luck of its process, times the noise of all blocks,
times what disturbs the round for all of them alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from msgspec.structs import replace

from dlbench.records.case import Group, Target, Workload
from dlbench.records.measurement import Flag, Measurement, Sample
from dlbench.records.run import Run, UsualLuck
from dlbench.results.folder import Results
from fakes.runs import case, plan_of, run_of

ITERATIONS, ROUND_S = 10, 0.5

Told = tuple[Workload, Mapping[Target, float]]


@dataclass(frozen=True)
class Truth:
    """noise, luck and common: standard deviations of the logarithm, of a block, of a process and
    of a round; has_nulls: whether every row has one, of its first target; null_factor: how much
    slower that of the first row is; change: what happens to the blocks of a target.
    """

    generations: int = 3
    rounds: int = 40
    noise: float = 0.005
    luck: float = 0.0
    common: float = 0.05
    has_nulls: bool = True
    null_factor: float = 1.0
    seed: int = 0
    change: Mapping[Target, Callable[[Sample], Sample]] = field(default_factory=dict)


def turns(*told: Told, **settings: Any) -> Results:
    """A run in which every target of a workload takes so many seconds a step."""
    truth = Truth(**settings)
    rng = np.random.default_rng(truth.seed)
    groups = [_group(workload, list(steps_s), truth) for workload, steps_s in told]
    measurements = [
        measurement
        for generation in range(truth.generations)
        for group, (_, steps_s) in zip(groups, told, strict=True)
        for measurement in _row(group, steps_s, generation, truth, rng)
    ]
    if groups:
        measurements = _with_odd_null(measurements, groups[0], truth.null_factor)
    return Results(_run(groups, truth), tuple(measurements))


# Of two processes, where they do not differ by luck: what the noise of their blocks leaves.
LEAST_LUCK = 0.001


def _run(groups: Sequence[Group], truth: Truth) -> Run:
    """A run on a machine whose luck is known."""
    usual = UsualLuck(2 * truth.luck**2 + LEAST_LUCK**2, 4, runs=3)
    return run_of([], plan=replace(plan_of([]), groups=tuple(groups)), luck=usual)


def _group(workload: Workload, targets: Sequence[Target], truth: Truth) -> Group:
    cases = tuple(case(workload, target) for target in targets)
    nulls = ((replace(cases[0], null=True),),) if truth.has_nulls else ()
    return Group(workload, cases, nulls=nulls)


def _row(
    group: Group, steps_s: Mapping[Target, float], generation: int, truth: Truth, rng: Any
) -> list[Measurement]:
    """All cases of a row in one generation."""
    beats = truth.common * rng.standard_normal(truth.rounds)
    found = []
    for one in group.live_in(generation):
        logs = truth.noise * rng.standard_normal(truth.rounds) + beats
        times = steps_s[one.target] * np.exp(logs + truth.luck * rng.standard_normal())
        change = truth.change.get(one.target, lambda sample: sample)
        blocks = tuple(map(change, _blocks(generation, times)))
        found.append(
            Measurement(
                one.id,
                "ok",
                generation=generation,
                calls_s=(0.5, 0.1),
                samples=blocks,
                stop_reason="precision",
            )
        )
    return found


def _blocks(generation: int, times: Any) -> list[Sample]:
    start = generation * len(times) * ROUND_S
    return [
        Sample(
            ITERATIONS,
            float(step_s) * ITERATIONS,
            start + number * ROUND_S,
            round=number,
            generation=generation,
        )
        for number, step_s in enumerate(times)
    ]


def _with_odd_null(
    measurements: Sequence[Measurement], group: Group, factor: float
) -> list[Measurement]:
    odd = next((null.id for null in group.copies), None)
    return [
        replace(one, samples=tuple(map(slower(factor), one.samples))) if one.case == odd else one
        for one in measurements
    ]


def slower(factor: float) -> Callable[[Sample], Sample]:
    """All blocks take that much longer."""
    return lambda sample: replace(sample, host_s=sample.host_s * factor)


def flagged(every: int, flag: Flag = "busy", factor: float = 1.3) -> Callable[[Sample], Sample]:
    """Every so many rounds are disturbed, and take that much longer."""

    def change(sample: Sample) -> Sample:
        if sample.round % every:
            return sample
        return replace(sample, host_s=sample.host_s * factor, flags=(flag,))

    return change


def in_generations(lost: set[int], flag: Flag = "busy") -> Callable[[Sample], Sample]:
    """All blocks of these generations are disturbed."""
    return lambda sample: replace(sample, flags=(flag,)) if sample.generation in lost else sample

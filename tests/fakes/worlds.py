"""Two runs of one world, which were not measured together; and many runs in a row.

A case takes its true time, times what the machine's day does to all cases, times what the run does
to this case, times the luck of its processes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from dlbench.records.case import Target, Workload
from dlbench.records.machine.roofs import Blocks, Ceiling, Roofs
from dlbench.records.run import UsualLuck
from dlbench.results.folder import RUN, Results
from fakes.runs import COMPILED, NUMPY, TORCH, matmul
from fakes.samples import turns

OTHER = replace(NUMPY, backend="other")
TARGETS = (NUMPY, TORCH, COMPILED, OTHER)
STEP_S = 1e-3

# Of both targets of the backend that changes.
NEW = "torch"


@dataclass(frozen=True)
class World:
    """luck: of a process; of_run: what differs for a case between runs; day: what differs for all
    cases; slower: how many times as long targets take in the second run; is_known: whether earlier
    runs have shown luck and of_run. All but the last two are standard deviations of a logarithm.
    """

    luck: float = 0.01
    of_run: float = 0.0
    day: float = 0.1
    slower: Mapping[Target, float] = field(default_factory=dict)
    is_known: bool = True
    targets: Sequence[Target] = TARGETS
    workloads: int = 2
    generations: int = 3
    rounds: int = 12
    upgraded: bool = True


def two_runs(seed: int, **settings: Any) -> tuple[Results, Results]:
    """Return a run and a later one, in which one backend has a new version."""
    world = World(**settings)
    rng = np.random.default_rng(seed)
    first = one_run(world, rng, number=1)
    second = one_run(world, rng, number=2, slower=world.slower)
    if not world.upgraded:
        return first, second
    versions = {**second.run.environment.versions, NEW: "2.14.0"}
    environment = replace(second.run.environment, versions=versions)
    return first, replace(second, run=replace(second.run, environment=environment))


def one_run(
    world: World, rng: Any, number: int, slower: Mapping[Target, float] | None = None
) -> Results:
    """Return a run of the world, as measured on some day. number: of the run, its date too."""
    day = np.exp(world.day * rng.standard_normal())
    told = [(workload, _times(world, rng, day, slower or {})) for workload in _workloads(world)]
    found = turns(
        *told,
        generations=world.generations,
        rounds=world.rounds,
        luck=world.luck,
        common=0.01,
        seed=int(rng.integers(2**32)),
    )
    variance = 2 * (world.luck**2 + world.of_run**2) + 1e-6
    usual = UsualLuck(variance, 4, runs=3) if world.is_known else None
    versions = {**found.run.environment.versions, "other": "1.0"}
    run = replace(
        found.run,
        id=f"202601{number:02}-120000-told",
        started=f"2026-01-{number:02}T12:00:00+00:00",
        environment=replace(found.run.environment, versions=versions),
        luck=usual,
    )
    return replace(found, run=run)


def _workloads(world: World) -> list[Workload]:
    return [matmul(8 * (number + 1)) for number in range(world.workloads)]


def _times(
    world: World, rng: Any, day: float, slower: Mapping[Target, float]
) -> dict[Target, float]:
    return {
        target: float(
            STEP_S * day * slower.get(target, 1.0) * np.exp(world.of_run * rng.standard_normal())
        )
        for target in world.targets
    }


def dated(
    number: int, rng: Any, world: World, factor: float = 1.0, version: str = "2.13.0", **facts: Any
) -> Results:
    """Return the run of a day, torch taking so many times as long; facts: of the machine."""
    found = one_run(world, rng, number, {TORCH: factor})
    env = found.run.environment
    env = replace(env, versions={**env.versions, NEW: version}, **facts)
    return replace(found, run=replace(found.run, environment=env))


def too_fast(found: Results, target: Target) -> Results:
    """Return the run on a machine whose measured ceiling forbids the times of a target."""
    slow = Ceiling(target, 64, 64, 64, 1e-9, 1e-9, 9, Blocks(8, 0))
    return replace(found, run=replace(found.run, roofs=Roofs("2026", ceilings=(slow,))))


def store(results: Path, *runs: Results) -> None:
    """Write runs into a folder of results, each in a folder of its id."""
    for found in runs:
        place = results / found.run.id
        place.mkdir(parents=True)
        with RUN.writing(place, found.run) as written:
            for one in found.measurements:
                written.append(one)

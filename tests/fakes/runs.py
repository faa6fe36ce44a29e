"""Results as they would be read from disk, made of a few words: no clock, no file, no worker."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from dlbench.analysis.columns import COLUMNS
from dlbench.analysis.rows import Row
from dlbench.analysis.run import rows_of
from dlbench.networks.base import named
from dlbench.records.case import Case, Group, Target, Workload
from dlbench.records.measurement import Measurement, ParityCheck, Sample
from dlbench.records.plan import Plan, Sampling
from dlbench.records.run import Environment, Run, UsualLuck
from dlbench.results.folder import Results
from dlbench.workloads import _work

NUMPY = Target("numpy", "cpu", "eager", "float32", 2)
TORCH = replace(NUMPY, backend="torch")
COMPILED = replace(TORCH, mode="compile")
DYNAMIC = {"eager"}

ENVIRONMENT = Environment(
    system="Linux-6.1",
    cpu="A Processor",
    cores=4,
    usable_cores=2,
    memory_bytes=16 * 2**30,
    gpus=(),
    python="3.11.7",
    versions={"numpy": "2.4.6", "torch": "2.13.0"},
    variables={},
)


def matmul(m: int, n: int | None = None, k: int | None = None) -> Workload:
    n, k = n or m, k or m
    return Workload("matmul", {"m": m, "n": n, "k": k}, _work.matmul(m, n, k))


def forward(network: str = "iris", batch: int = 32, *, synthetic: bool = False) -> Workload:
    work = _work.forward(named(network), batch)
    return Workload("forward", {"network": network, "batch": batch}, work, synthetic)


def case(workload: Workload, target: Target = NUMPY, skip: str | None = None) -> Case:
    return Case(workload, target, "dynamic" if target.mode in DYNAMIC else "static", skip)


def samples(*steps_s: float, iterations: int = 10) -> tuple[Sample, ...]:
    """Blocks of `iterations` steps that took so long each, one a round."""
    return tuple(
        Sample(iterations, step * iterations, float(i), round=i) for i, step in enumerate(steps_s)
    )


def parity(*errors: float | None, tolerance: float = 1e-5) -> tuple[ParityCheck, ...]:
    return tuple(ParityCheck(f"q{i}", error, tolerance) for i, error in enumerate(errors))


def measured(of: Case, *steps_s: float, **fields: Any) -> Measurement:
    """A case that went well."""
    return Measurement(
        case=of.id,
        status="ok",
        **{"samples": samples(*steps_s), "stop_reason": "blocks", "calls_s": (0.5, 0.1), **fields},
    )


def plan_of(cases: Iterable[Case], **fields: Any) -> Plan:
    groups: dict[str, list[Case]] = {}
    for one in cases:
        groups.setdefault(one.workload.id, []).append(one)
    return Plan(
        **{
            "suite": "told",
            "seed": 0,
            "sampling": Sampling(),
            "networks": {},
            "groups": tuple(Group(g[0].workload, tuple(g)) for g in groups.values()),
            **fields,
        }
    )


# Processes that all have the same speed.
NO_LUCK = UsualLuck(1e-10, 4, runs=1)


def run_of(cases: Iterable[Case], **fields: Any) -> Run:
    return Run(
        **{
            "id": "20260101-120000-told",
            "started": "2026-01-01T12:00:00+00:00",
            "command": "dlbench run told",
            "plan": plan_of(cases),
            "environment": ENVIRONMENT,
            "dlbench": "0.1.0",
            "luck": NO_LUCK,
            **fields,
        }
    )


def results_of(
    cases: Sequence[Case], measurements: Sequence[Measurement], warnings: Sequence[str] = ()
) -> Results:
    return Results(run_of(cases), tuple(measurements), tuple(warnings))


def changed(row: Row, **columns: Any) -> Row:
    """The row with other values in these columns."""
    for name, value in columns.items():
        part, _, field = COLUMNS[name].rpartition(".")
        values = {field: value}
        row = replace(row, **({part: replace(getattr(row, part), **values)} if part else values))
    return row


def rows(*outcomes: tuple[Case, float | Measurement | str]) -> list[Row]:
    """Rows of cases, each with the seconds of a step, its measurement, or why it was skipped."""
    return rows_of(results(*outcomes))


def results(*outcomes: tuple[Case, float | Measurement | str]) -> Results:
    return results_of([one for one, _ in outcomes], [_measurement(*pair) for pair in outcomes])


# Blocks from which an interval is claimed, and generations from which a verdict needs no null.
ENOUGH, GENERATIONS = 6, 2


def steady(step_s: float, iterations: int = 10) -> tuple[Sample, ...]:
    """Blocks of steps that always took so long, enough of them for a verdict."""
    return tuple(
        Sample(iterations, step_s * iterations, float(i), round=i % ENOUGH, generation=i // ENOUGH)
        for i in range(GENERATIONS * ENOUGH)
    )


def _measurement(of: Case, outcome: float | Measurement | str) -> Measurement:
    if isinstance(outcome, float):
        return measured(of, samples=steady(outcome))
    if isinstance(outcome, str):
        return Measurement(of.id, "skipped", outcome)
    return outcome

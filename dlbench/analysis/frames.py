"""Results as pandas data frames: tidy, with typed columns and units in the columns' names.

docs/results.md describes every column. pandas is loaded when a frame is asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from msgspec.structs import asdict

from dlbench.analysis.columns import COLUMNS, flatten
from dlbench.analysis.rows import Row
from dlbench.records.case import Case
from dlbench.records.measurement import Measurement, Sample
from dlbench.records.training import TrainingResult
from dlbench.records.verification import Agreement, Finding

if TYPE_CHECKING:
    from pandas import DataFrame

# How pandas holds the values of a column; a type that may be None needs room for a missing value.
DTYPES: Mapping[tuple[type, bool], str] = {
    (bool, False): "bool",
    (bool, True): "boolean",
    (int, False): "int64",
    (int, True): "Int64",
    (float, False): "float64",
    (float, True): "float64",
}
TEXT = "string"

# What a frame has at its beginning: the run, and three columns of a table of results.
IDENTITY = {"run": str, "label": str, "workload_id": str, "target": str}
# The axes of a workload, in place of the dict that JSON has.
AXES = {"network": str | None, "batch": int | None}


def of_rows(rows: Sequence[Row], run: str) -> "DataFrame":
    """Return one line per case: the columns of the CSV table, with those of IDENTITY and AXES."""
    types = {**IDENTITY, **_column_types(), **AXES}
    del types["params"]
    return frame([_identified(row, run) for row in rows], types)


def _identified(row: Row, run: str) -> dict[str, Any]:
    params = row.workload.params
    return {
        "run": run,
        **flatten(row),
        **{axis: params.get(axis) for axis in AXES},
    }


def of_samples(measurements: Iterable[Measurement], cases: Mapping[str, Case]) -> "DataFrame":
    """Return one line per timed block, in the order of measuring; null cases are marked."""
    lines = [
        {**_case_of(cases[measurement.case]), **asdict(sample), **_derived(sample)}
        for measurement in measurements
        for sample in measurement.samples
    ]
    types = {
        "case": str,
        "label": str,
        "target": str,
        "null": bool,
        **get_type_hints(Sample),
        "flags": str,
        "step_s": float,
        "disturbed": bool,
    }
    return frame(lines, types)


def _case_of(case: Case) -> dict[str, Any]:
    names = {"label": case.workload.label, "target": case.target.id}
    return {"case": case.id, **names, "null": case.null}


def _derived(sample: Sample) -> dict[str, Any]:
    flags = ",".join(sample.flags)
    return {"flags": flags, "step_s": sample.step_s, "disturbed": sample.is_disturbed}


def of_trainings(results: Iterable[TrainingResult]) -> "DataFrame":
    """Return one line per target and seed, with its last epoch."""
    lines = [_training(result) for result in results]
    types = {
        "target": str,
        "seed": int,
        "status": str,
        "reason": str | None,
        "epochs": int,
        "seconds": float,
        "loss": float | None,
        "test_loss": float | None,
        "accuracy": float | None,
    }
    return frame(lines, types)


def _training(result: TrainingResult) -> dict[str, Any]:
    last = result.epochs[-1] if result.epochs else None
    return {
        **_named(result),
        "status": result.status,
        "reason": result.reason,
        "epochs": len(result.epochs),
        "seconds": sum(epoch.seconds for epoch in result.epochs),
        **{name: getattr(last, name, None) for name in ("loss", "test_loss", "accuracy")},
    }


def _named(result: TrainingResult) -> dict[str, Any]:
    return {"target": result.target.id, "seed": result.seed}


def of_findings(findings: Iterable[Finding]) -> "DataFrame":
    """Return one line per checked quantity, and one per finding without quantities."""
    types = {
        "subject": str,
        "target": str,
        "quantity": str | None,
        "status": str,
        "error": float | None,
        "tolerance": float | None,
        "passed": bool,
        "reason": str | None,
    }
    return frame([line for finding in findings for line in _finding(finding)], types)


def _finding(finding: Finding) -> Iterator[dict[str, Any]]:
    if isinstance(finding, Agreement):
        named, checks = {"subject": finding.network, "target": finding.target.id}, finding.checks
    else:
        named, checks = {"subject": finding.example, "target": finding.backend}, ()
    whole = {**named, "status": finding.status, "passed": finding.passed, "reason": finding.reason}
    for check in checks:
        measured = {"error": check.error, "tolerance": check.tolerance, "passed": check.passed}
        yield {**whole, "quantity": check.quantity, **measured}
    if not checks:
        yield whole


def frame(lines: Iterable[Mapping[str, Any]], types: Mapping[str, Any]) -> "DataFrame":
    """Return these lines as a data frame. types: of every column, Python's."""
    from pandas import DataFrame

    found = DataFrame(list(lines), columns=list(types))
    return found.astype({name: _dtype(kind) for name, kind in types.items()})


def _dtype(kind: Any) -> str:
    """Return the pandas dtype for values of a Python type, None included."""
    parts = get_args(kind) or (kind,)
    (plain, *_) = [part for part in parts if part is not NoneType]
    return DTYPES.get((plain, NoneType in parts), TEXT)


def _column_types() -> dict[str, Any]:
    """Return the type of every column of a table of results, as the records declare it."""
    return {name: _type_at(Row, place.split(".")) for name, place in COLUMNS.items()}


def _type_at(record: Any, path: Sequence[str]) -> Any:
    name, *rest = path
    derived = getattr(record, name, None)
    if isinstance(derived, property):
        kind = get_type_hints(derived.fget)["return"]
    else:
        kind = get_type_hints(record)[name]
    return _type_at(kind, rest) if rest else kind

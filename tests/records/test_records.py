"""The nouns: their ids, their arithmetic, and that nothing unknown is read into them."""

import msgspec
import numpy as np
import pytest

from dlbench.records.base import DTYPES
from dlbench.records.case import Declaration, Target, Work
from dlbench.records.measurement import Measurement, ParityCheck
from dlbench.records.plan import Plan, Sampling
from dlbench.records.run import Run
from fakes.runs import TORCH, case, forward, matmul, measured, run_of


@pytest.mark.parametrize(("dtype", "expected"), [("float32", 40), ("tf32", 40), ("float64", 80)])
def test_bytes_follow_the_dtype(dtype: str, expected: int) -> None:
    assert Work(flops=1, elements=10).bytes(dtype) == expected


RECORDS = [
    Target("torch", "cpu", "eager", "float32", 2),
    Sampling(budget_s=60.0),
    case(forward(), TORCH, skip="no device"),
    measured(case(matmul(8)), 1e-3, 2e-3, parity=(ParityCheck("product", None, 1e-5),)),
    run_of([case(matmul(8)), case(forward())]),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
@pytest.mark.parametrize("form", [msgspec.json, msgspec.msgpack], ids=["json", "msgpack"])
def test_a_record_survives_the_disk_and_the_wire(form, record) -> None:
    assert form.decode(form.encode(record), type=type(record)) == record


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_an_unknown_field_is_refused(record) -> None:
    data = {**msgspec.to_builtins(record), "colour": "red"}
    with pytest.raises(msgspec.ValidationError, match="unknown field `colour`"):
        msgspec.convert(data, type(record))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_cannot_be_changed(record) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        setattr(record, record.__struct_fields__[0], None)


@pytest.mark.parametrize(
    ("kind", "data", "complaint"),
    [
        (Measurement, {"case": "c", "status": "fine"}, "Invalid enum value 'fine'"),
        (Measurement, {"status": "ok"}, "missing required field `case`"),
        (Measurement, {"case": "c", "status": "ok", "stop_reason": "tired"}, "'tired'"),
        (Target, {"backend": "torch"}, "missing required field `device`"),
        (Sampling, {"blocks": "many"}, "Expected `int`, got `str`"),
        (Plan, {"suite": "s"}, "missing required field `seed`"),
        (Run, {}, "missing required field `id`"),
        (Declaration, {"package": "torch"}, "missing required field"),
    ],
)
def test_what_does_not_fit_is_refused(kind, data, complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert(data, kind)


@pytest.mark.parametrize("name", DTYPES)
def test_the_table_of_dtypes_agrees_with_numpy(name: str) -> None:
    dtype = DTYPES[name]
    known = {"tf32": (4, 2.0**-10), "bfloat16": (2, 2.0**-7), "autocast-bfloat16": (4, 2.0**-7)}
    of_numpy = (np.dtype(dtype.array).itemsize, np.finfo(dtype.array).eps)
    assert (dtype.bytes, dtype.eps) == known.get(name, of_numpy)
    assert dtype.sum_eps <= dtype.eps


def test_a_result_is_rounded_where_its_sum_is_more_exact() -> None:
    rounded = {name: dtype.rounding for name, dtype in DTYPES.items() if dtype.rounding}
    assert rounded == {
        "bfloat16": 2.0**-8,
        "float16": 2.0**-11,
        "autocast-bfloat16": 2.0**-8,
    }

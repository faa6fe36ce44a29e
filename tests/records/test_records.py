"""The nouns: their ids, their arithmetic, and that nothing unknown is read into them."""

import math

import msgspec
import numpy as np
import pytest

from dlbench.records.base import DTYPES
from dlbench.records.case import Declaration, Target, Work
from dlbench.records.layers import Dense
from dlbench.records.measurement import Measurement, ParityCheck, Sample
from dlbench.records.network import Network
from dlbench.records.plan import Plan, Sampling
from dlbench.records.run import Run
from fakes.runs import TORCH, case, forward, matmul, measured, run_of


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        (matmul(64, 32, 16), "matmul/64x32x16"),
        (matmul(512), "matmul/512x512x512"),
        (forward("mnist-512", 64), "forward/mnist-512/b64"),
    ],
)
def test_the_id_of_a_workload_spells_its_parameters(workload, expected) -> None:
    assert workload.id == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (TORCH, "torch/cpu/eager/float32/t2"),
        (Target("torch", "cuda:1", "compile", "tf32", 1), "torch/cuda:1/compile/tf32/t1"),
    ],
)
def test_the_id_of_a_target_spells_its_axes(target: Target, expected: str) -> None:
    assert target.id == expected


def test_the_id_of_a_case_is_that_of_its_workload_and_its_target() -> None:
    assert case(forward(), TORCH).id == "forward/iris/b32/torch/cpu/eager/float32/t2"


def test_a_plan_lists_its_cases_in_the_order_of_its_groups() -> None:
    cases = [case(matmul(8)), case(matmul(8), TORCH), case(forward())]
    assert run_of(cases).plan.cases == tuple(cases)


@pytest.mark.parametrize(("dtype", "expected"), [("float32", 40), ("tf32", 40), ("float64", 80)])
def test_bytes_follow_the_dtype(dtype: str, expected: int) -> None:
    assert Work(flops=1, elements=10).bytes(dtype) == expected


def test_a_step_takes_its_share_of_the_block() -> None:
    assert Sample(iterations=4, host_s=2.0, started_s=0.0).step_s == 0.5


@pytest.mark.parametrize(
    ("error", "passed"),
    [(0.0, True), (1e-5, True), (1.1e-5, False), (None, False), (math.nan, False)],
)
def test_parity_holds_up_to_the_tolerance(error: float | None, passed: bool) -> None:  # noqa: FBT001
    assert ParityCheck("loss", error, 1e-5).passed is passed


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


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"batch": 0}, "batch"),
        ({"epochs": -1}, "epochs"),
        ({"inputs": [0]}, "inputs"),
        ({"name": "a/b"}, "name"),
        ({"name": "a,b"}, "name"),
        ({"name": ""}, "name"),
        ({"layers": [{"type": "dense", "units": 0}]}, "units"),
        ({"layers": [{"type": "dense", "units": 1, "l2": -1}]}, "l2"),
        ({"layers": [{"type": "dropout", "rate": 1}]}, "rate"),
        ({"layers": [{"type": "dropout", "rate": -0.1}]}, "rate"),
        ({"optimizer": {"type": "sgd", "lr": 0}}, "lr"),
        ({"optimizer": {"type": "sgd", "momentum": 1}}, "momentum"),
        ({"optimizer": {"type": "adam", "beta2": 1.5}}, "beta2"),
    ],
)
def test_a_network_that_cannot_be_built_is_refused(change: dict[str, object], place: str) -> None:
    data = {
        "name": "mine",
        "about": "",
        "dataset": "iris",
        "inputs": [4],
        "layers": [{"type": "dense", "units": 3}],
        "loss": "mse",
        "optimizer": {"type": "sgd"},
        "epochs": 1,
        "batch": 1,
    }
    assert msgspec.convert(data, Network).layers == (Dense(3),)
    with pytest.raises(msgspec.ValidationError, match=place):
        msgspec.convert({**data, **change}, Network)


@pytest.mark.parametrize("name", DTYPES)
def test_the_table_of_dtypes_agrees_with_numpy(name: str) -> None:
    dtype = DTYPES[name]
    assert dtype.bytes == np.dtype(dtype.storage).itemsize
    assert dtype.eps == (np.finfo(name).eps if name == dtype.storage else 2.0**-10)

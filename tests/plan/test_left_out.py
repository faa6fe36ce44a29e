"""Every value that a user names is measured, skipped with a reason, or refused; none is added."""

from collections.abc import Iterator
from typing import Any

import pytest

from dlbench import registry
from dlbench.api import train
from dlbench.errors import UsageError
from dlbench.networks.base import every
from dlbench.plan import build, suite
from dlbench.plan.request import Request, TrainingRequest
from dlbench.plan.targets import MODE_KINDS, Machine, read_declarations, without_target
from dlbench.plan.wishes import DEFAULT, has_value
from dlbench.records.plan import Plan
from dlbench.records.training import CALLBACKS
from fakes.machine import DECLARATIONS, machine

KNOWN = read_declarations()
MODES = [mode for declared in KNOWN.values() for mode in declared.modes]
# Every value of every option that takes a list, with those that no machine has.
VALUES: dict[str, list[str]] = {
    "backend": list(KNOWN),
    "device": ["cpu", "cuda", "cuda:1"],
    "mode": list(dict.fromkeys([*MODES, *MODE_KINDS, DEFAULT])),
    "dtype": ["float32", "float64", "tf32", "bfloat16", "float16", "autocast-bfloat16"],
    "threads": ["1", "4", "99"],
    "network": list(every()),
    "batch": ["1", "32", "512", "100000"],
    "size": ["64", "4096"],
    "loop": list(dict.fromkeys(loop for d in KNOWN.values() for loop in d.loops)),
    "callbacks": list(CALLBACKS),
}
OF_TARGETS = ("backend", "device", "mode", "dtype", "threads")
NAMED = [(axis, value) for axis, values in VALUES.items() for value in values]
# Suite `full` has the workloads of the others.
SUITES = sorted({*registry.names("suites", ".toml"), *registry.names("workloads")} - {"full"})


def a_machine(**fields: Any) -> Machine:
    return machine(declarations=KNOWN, installed=frozenset(KNOWN), **fields)


def planned(name: str, gpus: int = 0, **options: str) -> Plan:
    request = Request.of(name, options)
    return build.make(suite.load(request.suite), request, a_machine(gpus=gpus))


def told(made: Plan) -> Iterator[str]:
    """What the plan says of values that are not measured."""
    yield from made.notes
    yield from (case.skip for case in made.cases if case.skip)


def is_in(made: Plan, axis: str, value: str) -> bool:
    """Whether a case of the plan, skipped or not, has the value."""
    if axis in OF_TARGETS:
        return any(has_value(case.target, axis, value, KNOWN) for case in made.cases)
    if axis == "size":
        return any(str(group.workload.params.get("m")) == value for group in made.groups)
    if axis == "loop":
        return any(case.target.loop == value for case in made.cases)
    if axis == "callbacks":
        return any(case.target.callbacks == "+".join(CALLBACKS[value]) for case in made.cases)
    return any(str(group.workload.params.get(axis)) == value for group in made.groups)


def attempted(name: str, gpus: int = 0, **options: str) -> Plan | str:
    """The plan, or why there is none."""
    try:
        return planned(name, gpus, **options)
    except UsageError as error:
        return str(error)


@pytest.mark.parametrize("gpus", [0, 1])
@pytest.mark.parametrize("name", SUITES)
def test_every_value_alone_is_measured_skipped_or_refused_by_name(name: str, gpus: int) -> None:
    for axis, value in NAMED:
        made = attempted(name, gpus, **{axis: value})
        if isinstance(made, str):
            assert value in made or axis in made or "CUDA" in made
        else:
            assert is_in(made, axis, value), (axis, value)


@pytest.mark.parametrize("gpus", [0, 1])
@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_every_value_beside_all_others_is_measured_or_told(name, backend, gpus) -> None:
    """Of one backend, so that many values have none; all values of an option at once."""
    for axis, values in VALUES.items():
        options = {"backend": backend, axis: ",".join(values)}
        made = attempted(name, gpus, **options)
        if isinstance(made, str):
            assert any(word in made for word in (f"--{axis}", backend, *values)), made
            continue
        said = " ".join(told(made))
        for value in values:
            assert is_in(made, axis, value) or value in said, (axis, value, said)


@pytest.mark.parametrize(
    ("name", "options", "gpus", "note"),
    [
        (
            "matmul",
            {"dtype": "float32,tf32", "backend": "torch"},
            0,
            "Not measured: tf32 exists only on a CUDA GPU, and none was found",
        ),
        (
            "matmul",
            {"dtype": "float32,bfloat16", "backend": "numpy,torch"},
            0,
            "Not measured: bfloat16 in numpy: NumPy has no such type",
        ),
        (
            "matmul",
            {"dtype": "autocast-bfloat16", "backend": "jax,torch"},
            0,
            "Not measured: autocast-bfloat16 in jax: JAX has no autocast",
        ),
        (
            "matmul",
            {"mode": "eager,cudagraph"},
            0,
            "Not measured: cudagraph exists only on a CUDA GPU, and none was found",
        ),
        (
            "matmul",
            {"mode": "eager,cudagraph", "device": "cpu"},
            1,
            "Not measured: cudagraph exists only on cuda, not on cpu",
        ),
        (
            "matmul",
            {"backend": "numpy,torch", "mode": "compile"},
            0,
            "Not measured: compile exists only in torch, not in numpy",
        ),
        (
            "retrace",
            {"backend": "numpy,torch", "mode": "eager,compile"},
            0,
            "Not measured: eager: retrace needs a static mode",
        ),
        (
            "epoch",
            {"backend": "torch", "loop": "fit,tensors"},
            0,
            "Not measured: loop fit exists only in tensorflow, not in torch",
        ),
        (
            "epoch",
            {"backend": "torch,tensorflow", "loop": "fit"},
            0,
            "Not measured: torch: epoch needs one of the loops that are asked for",
        ),
        (
            "forward",
            {"network": "iris", "batch": "512"},
            0,
            "iris has 100 training rows, so a batch of 512 holds some of them more than once",
        ),
    ],
)
def test_what_is_not_measured_as_asked_has_a_note(name, options, gpus, note) -> None:
    assert note in planned(name, gpus, **options).notes


def test_a_plan_that_measures_all_that_was_asked_for_has_no_note() -> None:
    for options in ({}, {"backend": "torch"}, {"mode": "static"}, {"threads": "1,2"}):
        assert planned("lecture", **options).notes == ()


def test_the_values_of_a_suite_are_told_too_unless_the_user_chooses_others() -> None:
    tf32 = {"dtype": ["float32", "tf32"]}
    entry = suite.Entry(("matmul",), {"size": [8]})
    own = suite.Suite("told", "", tf32, planned("quick").sampling, (entry,))
    assert len(build.make(own, Request(), machine()).notes) == 1
    assert build.make(own, Request(dtype=("float32",)), machine()).notes == ()


def test_a_dtype_that_no_backend_lacks_or_that_one_alone_was_asked_for_has_no_note() -> None:
    assert planned("matmul", dtype="float64").notes == ()
    assert planned("matmul", dtype="bfloat16", backend="torch").notes == ()


def test_what_is_not_installed_is_not_told_to_lack_a_dtype() -> None:
    request = Request.of("matmul", {"dtype": "bfloat16", "backend": "numpy,torch"})
    here = machine(declarations=KNOWN, installed=frozenset({"torch"}))
    made = build.make(suite.load(request.suite), request, here)
    assert not any("NumPy has no such type" in note for note in made.notes)


def test_where_nothing_is_left_the_reasons_are_told() -> None:
    with pytest.raises(UsageError, match="loop fit exists only in tensorflow"):
        planned("epoch", loop="fit", backend="torch")


def test_only_these_networks_takes_away_and_adds_nothing() -> None:
    """Suite `epochs` has iris at its own batch, and mnist-512 in batches of 512 too."""
    rows = [group.workload.id for group in planned("epochs", network="iris").groups]
    assert [row for row in rows if row.startswith("epoch/")] == ["epoch/iris/b32"]


def test_a_network_that_the_suite_does_not_measure_is_refused_with_those_it_does() -> None:
    with pytest.raises(UsageError) as caught:
        planned("quick", network="iris")
    assert str(caught.value) == (
        "suite quick does not measure network iris. Allowed: mnist-512, fruit-2-1. "
        "Try: dlbench run train_step --network iris."
    )


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("network", every())
def test_a_network_adds_no_row_to_any_suite(name: str, network: str) -> None:
    chosen = attempted(name, network=network)
    if isinstance(chosen, str):
        assert network in chosen or "--network" in chosen
        return
    whole = {group.workload.id for group in planned(name).groups}
    assert {group.workload.id for group in chosen.groups} <= whole


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": "eager,jit"}, "Left out: jit exists only in jax, not in torch"),
        (
            {"loop": "tensors,fit"},
            "Left out: none of the frameworks that are trained has the loop fit",
        ),
        ({"dtype": "float32,tf32"}, "Left out: tf32 exists only on a CUDA GPU, and none was found"),
    ],
)
def test_a_training_tells_what_it_leaves_out(options, said) -> None:
    request, told = TrainingRequest.of("iris", {"backend": "torch", **options}), []
    chosen = train._targets(request, train.Folders("results"), a_machine(), told.append)
    assert {target.backend for target in chosen} == {"torch"}
    assert [notice.text for notice in told] == [said]


def test_a_value_that_fits_no_other_is_told_without_a_clash() -> None:
    asked = {"backend": ["alpha", "beta"], "mode": ["eager", "jit"], "dtype": ["float64"]}
    assert without_target(asked, machine(), ["backend", "mode"]) == [
        "float64 exists only in alpha, not in beta",
        "no backend has jit with the rest",
    ]
    assert set(DECLARATIONS) == {"alpha", "beta"}


def test_a_batch_larger_than_the_data_is_told_in_a_joined_row_too() -> None:
    asked = Request(suite="train_step", network=("iris",), batch=("32", "512"), together="batch")
    here = machine(declarations=KNOWN, installed=frozenset(KNOWN))
    notes = build.make(suite.load("train_step"), asked, here).notes
    assert any("a batch of 512 holds some" in note for note in notes)

"""From the options of a crossover to two targets, and a row for every value."""

from typing import Any

import pytest

from dlbench.errors import UsageError
from dlbench.plan.crossover import Search, search_of
from dlbench.plan.request import CrossoverRequest
from dlbench.plan.targets import NO_GPU, read_declarations
from dlbench.stats.crossing import MOST_POINTS
from fakes.machine import machine


def search(between="alpha", other="beta", on: dict[str, Any] | None = None, **options) -> Search:
    asked = {"network": "iris", **options, "between": between, "other": other}
    return search_of(CrossoverRequest.of(asked), machine(**(on or {})))


def sides(*args, **options) -> tuple[str, str]:
    found = search(*args, **options)
    return found.left.id, found.right.id


def refused(*args, **options) -> str:
    with pytest.raises(UsageError) as told:
        search(*args, **options)
    return str(told.value)


GPU = {"gpus": 2}


# --- targets ------------------------------------------------------------------------------------
def test_what_parts_do_not_name_is_the_default() -> None:
    assert sides() == ("alpha/cpu/eager/float32/t4", "beta/cpu/eager/float32/t4")


def test_parts_name_a_mode_a_device_a_dtype_or_threads() -> None:
    assert sides("beta/graph", "alpha")[0] == "beta/cpu/graph/float32/t4"
    assert sides("graph", "alpha")[0] == "beta/cpu/graph/float32/t4"
    assert sides("alpha/t1", "alpha/t2") == (
        "alpha/cpu/eager/float32/t1",
        "alpha/cpu/eager/float32/t2",
    )
    assert sides("alpha/float64", "alpha")[0] == "alpha/cpu/eager/float64/t4"
    assert sides("beta/cpu", "cuda", on=GPU) == (
        "beta/cpu/eager/float32/t4",
        "beta/cuda/eager/float32/t4",
    )


def test_other_names_of_a_backend_and_of_a_device_are_known() -> None:
    assert sides("bt/gpu", "alpha", on=GPU)[0] == "beta/cuda/eager/float32/t4"
    assert sides("beta/cuda:0", "beta/cuda:1", on=GPU) == (
        "beta/cuda/eager/float32/t4",
        "beta/cuda:1/eager/float32/t4",
    )


def test_an_option_narrows_both_sides() -> None:
    assert sides("cpu", "cuda", backend="beta", on=GPU) == (
        "beta/cpu/eager/float32/t4",
        "beta/cuda/eager/float32/t4",
    )
    assert sides(threads="2")[0] == "alpha/cpu/eager/float32/t2"


def test_a_target_that_is_not_unique_is_refused_with_those_that_match() -> None:
    assert refused("cpu", "cuda", on=GPU) == (
        "--between: several targets match: 'cpu'. Allowed: alpha/cpu/eager, beta/cpu/eager. "
        "Add a part, such as --between alpha/cpu/eager, or an option such as --backend."
    )


def test_targets_that_differ_in_threads_alone_are_listed_whole() -> None:
    assert "Allowed: alpha/cpu/eager/float32/t1, alpha/cpu/eager/float32/t2." in refused(
        threads="1,2"
    )


def test_an_unknown_part_is_refused_with_what_is_probably_meant() -> None:
    text = refused("alhpa")
    assert text.startswith("unknown part of --between: 'alhpa'. Allowed: alpha, beta, cpu, cuda")
    assert "Did you mean 'alpha'?" in text


def test_parts_that_no_target_has_together_are_refused() -> None:
    assert "--backend" not in refused("alpha/graph")
    assert "alpha" in refused("alpha/cuda", on=GPU)


def test_a_target_that_the_machine_lacks_is_refused_with_the_reason() -> None:
    assert refused("alpha", "cuda") == (
        f"--and cuda cannot be measured: {NO_GPU}. "
        "Allowed: a target of this machine, see: dlbench list backends."
    )
    assert "pip install beta" in refused(on={"installed": frozenset({"alpha"})})
    assert "this machine has 4 usable cores" in refused("alpha/t64")


def test_both_sides_must_differ() -> None:
    assert refused("alpha", "alpha").startswith(
        "--between and --and are the same target: 'alpha/cpu/eager/float32/t4'."
    )


@pytest.mark.parametrize(("missing", "flag"), [("between", "--between"), ("other", "--and")])
def test_both_sides_must_be_named(missing: str, flag: str) -> None:
    with pytest.raises(UsageError, match=f"^{flag} is missing"):
        CrossoverRequest.of({"between": "a", "other": "b", missing: ""})
    assert refused("/").startswith("--between names no target: '/'")


# --- the axis -----------------------------------------------------------------------------------
def test_the_workload_is_the_usual_one_of_the_axis() -> None:
    assert (search().kind, search().first, search().last) == ("train_step", 1, 4096)
    product = search(axis="size", network="")
    assert (product.kind, product.network) == ("matmul", None)
    assert search(workload="predict").kind == "predict"


def test_ends_of_the_axis_are_two_numbers_that_grow() -> None:
    assert (search(span="8-256").first, search(span="8:256").last) == (8, 256)


@pytest.mark.parametrize("span", ["8", "256-8", "8-8", "0-8", "a-b", "1-9999999999", "-8", "1-2-3"])
def test_other_ends_are_refused_with_an_example(span: str) -> None:
    assert refused(span=span) == (
        f"--range {span}: two whole numbers from 1 to 1000000 that grow, such as 1-4096."
    )


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"network": ""}, "--axis batch needs a network. Allowed: "),
        ({"network": "irsi"}, "unknown network: 'irsi'"),
        ({"axis": "size"}, "--axis size is the size of a matrix product, which has no network"),
        ({"axis": "length"}, "unknown axis: 'length'"),
        ({"axis": "threads"}, "--axis threads: not possible"),
        ({"axis": "width", "network": "fruit-linear"}, "network fruit-linear has no hidden layer"),
        ({"workload": "matmul"}, "unknown workload with an axis batch: 'matmul'"),
        ({"workload": "epoch"}, "unknown workload with an axis batch: 'epoch'"),
        ({"data": "remote"}, "unknown --data: 'remote'. Allowed: resident, fed"),
        ({"data": "fed"}, "--data fed: train_step has no call that takes arrays in alpha"),
        ({"budget_s": 0}, "--budget 0: seconds, more than 0"),
    ],
)
def test_what_does_not_fit_is_refused(options, text: str) -> None:
    assert refused(**options).startswith(text)


def test_data_is_fed_by_the_call_of_arrays() -> None:
    declared = read_declarations()
    asked = CrossoverRequest.of(
        {"between": "numpy", "other": "torch/eager", "network": "iris", "data": "fed"}
    )
    on = machine(declarations=declared, installed=frozenset(declared))
    found = search_of(asked, on)
    assert (found.left.call, found.right.call) == ("array", "array")


# --- rows ---------------------------------------------------------------------------------------
def test_a_plan_grows_by_a_row_of_both_targets() -> None:
    found = search()
    plan = found.grown(found.grown(found.start, 1), 4096)
    assert [case.id for case in plan.cases] == [
        f"train_step/iris/b{batch}/{backend}/cpu/eager/float32/t4"
        for batch in (1, 4096)
        for backend in ("alpha", "beta")
    ]
    assert [found.value_of(group.workload) for group in plan.groups] == [1, 4096]
    assert list(plan.networks) == ["iris"]
    assert plan.rows == {"iris": 100}
    assert plan.groups[0].live == plan.groups[0].cases, "no null: luck is that of the machine"
    assert plan.notes == ("iris has 100 training rows; larger batches hold some more than once",)


def test_rows_stand_in_ascending_order_whenever_they_come() -> None:
    found = search()
    plan = found.start
    for value in (1, 4096, 64):
        plan = found.grown(plan, value)
    assert [found.value_of(group.workload) for group in plan.groups] == [1, 64, 4096]


def test_a_made_up_network_stands_in_the_plan() -> None:
    found = search(axis="width")
    plan = found.grown(found.grown(found.start, 8), 64)
    assert list(plan.networks) == ["iris-w8", "iris-w64"]


def test_random_numbers_in_place_of_data_are_told() -> None:
    assert search().missing_data is None
    assert search(axis="size", network="").missing_data is None
    lost = search(on={"unavailable_reason": lambda dataset: f"{dataset} is lost"})
    assert lost.missing_data == "Random numbers are used instead of iris: iris is lost"
    plan = lost.grown(lost.start, 4096)
    assert plan.groups[0].workload.synthetic
    assert plan.notes == ()


def test_a_row_that_does_not_fit_into_memory_is_skipped() -> None:
    found = search(axis="size", network="", on={"memory_bytes": 10**6})
    small, large = found.grown(found.grown(found.start, 16), 4096).groups
    assert [case.skip for case in small.cases] == [None, None]
    assert all("memory" in str(case.skip) for case in large.cases)


def test_the_time_limit_is_shared_by_all_points() -> None:
    usual, longer = search().sampling, search(budget_s=240).sampling
    assert (usual.budget_s, longer.budget_s) == (60, 240)
    assert longer.case_s == pytest.approx(4 * usual.case_s)
    assert 2 * MOST_POINTS * usual.case_s < 30


def test_the_request_writes_its_command() -> None:
    asked = CrossoverRequest.of(
        {"between": "numpy", "other": "torch/eager", "network": "iris", "span": "1-64"}
    )
    assert asked.command == (
        "dlbench crossover --between numpy --and torch/eager --network iris --range 1-64"
    )

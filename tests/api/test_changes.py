"""What has changed since a run began is told, name by name."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from dlbench import __version__
from dlbench.api.changes import MOST_NAMED, of_machine, of_plan, refused
from dlbench.records.case import Group
from dlbench.records.machine.device import Device
from dlbench.records.own import Made, OwnNetwork
from dlbench.records.run import SCHEMA_VERSION
from fakes.runs import ENVIRONMENT, case, matmul, plan_of, run_of

CASES = [case(matmul(8)), case(matmul(16), skip="no room")]
RUN = run_of(CASES, dlbench=__version__)
PLAN = RUN.plan


def test_where_nothing_has_changed_nothing_is_told():
    assert of_machine(RUN, ENVIRONMENT) == []
    assert of_plan(PLAN, plan_of(CASES)) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"usable_cores": 1}, "usable_cores: 2 then, 1 now"),
        ({"cpu": None}, "cpu: A Processor then, not there now"),
        ({"gpus": ("A GPU", "B GPU")}, "gpus: none then, A GPU, B GPU now"),
        ({"versions": {"numpy": "2.4.6", "torch": "2.12.0"}}, "torch: 2.13.0 then, 2.12.0 now"),
        ({"versions": {"numpy": "2.4.6"}}, "torch: 2.13.0 then, not there now"),
        ({"variables": {"OMP_NUM_THREADS": "1"}}, "OMP_NUM_THREADS: not there then, 1 now"),
    ],
)
def test_another_machine_is_told(fields, told):
    assert of_machine(RUN, replace(ENVIRONMENT, **fields)) == [told]


def test_another_version_is_told():
    old = replace(RUN, dlbench="0.0.9", schema_version=SCHEMA_VERSION - 1)
    assert of_machine(old, ENVIRONMENT) == [
        f"dlbench: 0.0.9 then, {__version__} now",
        f"schema: {SCHEMA_VERSION - 1} then, {SCHEMA_VERSION} now",
    ]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (replace(PLAN, seed=3), "seed: 0 then, 3 now"),
        (replace(PLAN, suite="other"), "suite: told then, other now"),
        (
            replace(PLAN, sampling=replace(PLAN.sampling, generations=3)),
            "generations: 1 then, 3 now",
        ),
        (plan_of(CASES[:1]), f"{CASES[1].id}: not asked for"),
        (plan_of([*CASES, case(matmul(32))]), f"{case(matmul(32)).id}: not planned"),
        (plan_of([CASES[0], case(matmul(16))]), f"{CASES[1].id}: changed"),
    ],
)
def test_another_plan_is_told(asked, told):
    assert of_plan(PLAN, asked) == [told]


def test_the_error_names_some_changes_and_counts_the_others():
    changes = [f"fact{number}: 1 then, 2 now" for number in range(MOST_NAMED + 2)]
    told = str(refused(Path("results/run"), changes))
    assert told.startswith("results/run cannot be resumed, because something has changed")
    assert "fact0: 1 then, 2 now; fact1" in told
    assert "fact5" not in told
    assert "; and 2 more." in told
    assert "dlbench run" in told


def test_a_changed_file_of_python_is_told():
    """By the hash of its content."""
    network = OwnNetwork("net", "/net.py", "old", {"torch_model": Made("torch_model", 1)}, "mse")

    def planned(own):
        one = case(replace(matmul(8), own=own))
        return replace(PLAN, groups=(Group(one.workload, (one,)),))

    assert of_plan(planned(network), planned(network)) == []
    assert of_plan(planned(network), planned(replace(network, sha256="new"))) == ["net: changed"]


def test_a_planned_file_that_is_not_the_one_asked_for_is_told_wherever_it_stands():
    """A case of a stored plan, or a null, may name another file than its group."""
    network = OwnNetwork("net", "/net.py", "old", {"torch_model": Made("torch_model", 1)}, "mse")
    right = case(replace(matmul(8), own=network))
    wrong = case(replace(matmul(8), own=replace(network, path="/other.py")))
    asked = replace(PLAN, groups=(Group(right.workload, (right,)),))
    for group in (Group(right.workload, (wrong,)), Group(right.workload, (right,), null=wrong)):
        assert of_plan(replace(PLAN, groups=(group,)), asked) == ["net: changed"]


H200 = Device("cuda", "GPU-1", "NVIDIA H200", driver="580.65", power_limit_w=700.0, free_bytes=9)


@pytest.mark.parametrize("fields", [{"free_bytes": 1}, {"others": 3}, {"pcie": None}], ids=str)
def test_what_changes_by_itself_on_a_card_is_no_change(fields):
    run = replace(RUN, environment=replace(ENVIRONMENT, devices=(H200,)))
    now = replace(ENVIRONMENT, devices=(replace(H200, **fields),))
    assert of_machine(run, now) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"uuid": "GPU-2"}, "cuda GPU-2 580.65 700.0 W"),
        ({"power_limit_w": 350.0}, "cuda GPU-1 580.65 350.0 W"),
        ({"driver": "590.1"}, "cuda GPU-1 590.1 700.0 W"),
        ({"device": ""}, "hidden GPU-1 580.65 700.0 W"),
    ],
)
def test_another_card_is_a_change(fields, told):
    run = replace(RUN, environment=replace(ENVIRONMENT, devices=(H200,)))
    now = replace(ENVIRONMENT, devices=(replace(H200, **fields),))
    assert of_machine(run, now) == [f"devices: cuda GPU-1 580.65 700.0 W then, {told} now"]

"""Whatever suite is shipped, it says what it is for and can be planned on any machine."""

import pytest

from dlbench import registry
from dlbench.networks.base import every
from dlbench.networks.lecture import NETWORKS
from dlbench.plan import build, suite
from dlbench.plan.request import Request
from dlbench.plan.targets import read_declarations
from dlbench.records.case import Declaration
from dlbench.records.plan import Plan
from fakes.machine import machine

SUITES = registry.names("suites", ".toml")
# What they ask has no answer in a dynamic mode.
COMPILED_ONLY = ("retrace",)


def planned(name: str) -> Plan:
    declared = read_declarations()
    there = machine(declarations=declared, installed=frozenset(declared))
    return build.make(suite.load(name), Request(suite=name), there)


def workloads(name: str) -> set[str]:
    return {group.workload.id for group in planned(name).groups}


@pytest.mark.parametrize("name", SUITES)
def test_it_says_in_one_line_what_it_is_for(name: str) -> None:
    about = suite.load(name).about
    assert about
    assert about == about.strip()
    assert "\n" not in about


@pytest.mark.parametrize("name", SUITES)
def test_it_can_be_planned(name: str) -> None:
    made = planned(name)
    assert made.suite == name
    assert len({case.id for case in made.cases}) == len(made.cases)
    kinds = {"static"} if name in COMPILED_ONLY else {"dynamic", "static"}
    assert {case.mode_kind for case in made.cases} == kinds
    assert {case.target.backend for case in made.cases} == {
        backend
        for backend in registry.names("backends")
        if kinds & set(registry.declaration("backends", backend, Declaration).modes.values())
    }
    assert all(case.skip is None for case in made.cases if case.target.device == "cpu")


@pytest.mark.parametrize("name", SUITES)
def test_its_plan_holds_the_networks_that_its_workloads_name(name: str) -> None:
    made = planned(name)
    named = {group.workload.params.get("network") for group in made.groups} - {None}
    assert set(made.networks) == named


def test_quick_is_matrix_products_and_networks_of_the_lecture() -> None:
    kinds = {group.workload.kind for group in planned("quick").groups}
    assert {"matmul", "train_step"} <= kinds
    assert planned("quick").networks.keys() <= every().keys()
    assert planned("quick").networks


def test_quick_ends_soon() -> None:
    sampling = suite.load("quick").sampling
    cases = sum(len(group.live) for group in planned("quick").groups)
    assert cases * sampling.generations * sampling.blocks * sampling.block_s <= 90


@pytest.mark.parametrize("name", SUITES)
def test_every_row_has_a_null(name: str) -> None:
    made = planned(name)
    kind = "static" if name in COMPILED_ONLY else "dynamic"
    for generation in range(made.sampling.generations):
        for [null] in [group.copies_in(generation) for group in made.groups]:
            assert null.null
            assert null.mode_kind == kind


@pytest.mark.parametrize(("name", "expected"), [("quick", "quick"), ("lecture", "standard")])
def test_a_suite_has_its_rigor(name: str, expected: str) -> None:
    assert suite.load(name).sampling.rigor == expected


def test_lecture_is_every_network_of_the_lecture_forward_backward_and_in_training() -> None:
    assert workloads("lecture") == {
        f"{kind}/{network.name}/b{network.batch}"
        for kind in ("forward", "backward", "train_step")
        for network in NETWORKS
    }


def test_full_holds_every_other_suite_but_the_sizes_of_quick() -> None:
    assert workloads("lecture") <= workloads("full")
    assert workloads("matmul") <= workloads("full")
    assert workloads("next") <= workloads("full")


def test_graphs_is_the_floor_and_every_network_of_the_lecture_in_every_pass() -> None:
    kinds = ("forward", "backward", "train_step")
    assert workloads("graphs") == {f"floor/{kind}" for kind in kinds} | {
        f"{kind}/{network.name}/b{network.batch}" for kind in kinds for network in NETWORKS
    }


def test_graphs_is_every_mode_that_there_is_on_a_cpu_in_every_row() -> None:
    """Those too that are measured on request alone."""
    declared = {
        (backend, mode)
        for backend, known in read_declarations().items()
        for mode in known.modes
        if "cpu" in known.only_on.get(mode, ["cpu"])
    }
    assert ("torch", "compile-max-autotune") in declared
    for group in planned("graphs").groups:
        assert {(case.target.backend, case.target.mode) for case in group.cases} == declared
        assert {case.target.device for case in group.cases} == {"cpu"}

"""What two runs have in common, and what is unlike about them."""

import pytest
from msgspec.structs import replace

from dlbench.archive.likeness import Likeness, content_hash, named
from dlbench.networks.base import named as network
from dlbench.records.case import Work, Workload
from dlbench.records.machine.device import Device
from dlbench.records.own import Made, OwnNetwork
from fakes.runs import COMPILED, ENVIRONMENT, NUMPY, TORCH, case, forward, matmul, plan_of, run_of


def run(*cases, **fields):
    """A run of these cases, with the networks that they name."""
    names = {
        str(one.workload.params["network"]) for one in cases if "network" in one.workload.params
    }
    plan = plan_of(cases, networks={name: network(name) for name in names})
    return run_of([], plan=plan, **fields)


def why(a, b):
    return {(one.side, one.why) for one in Likeness(a, b).matched().unmatched}


def test_the_same_work_has_the_same_hash_whatever_it_is_called():
    ours = run(case(forward("iris")))
    about = replace(network("iris"), about="another text", epochs=7)
    theirs = replace(ours, plan=replace(ours.plan, networks={"iris": about}))
    assert content_hash(ours, forward("iris")) == content_hash(theirs, forward("iris"))


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, optimizer=replace(one.optimizer, lr=0.5)),
        lambda one: replace(one, layers=one.layers[1:]),
        lambda one: replace(one, loss="mse"),
    ],
)
def test_another_network_of_the_same_name_has_another_hash(change):
    ours = run(case(forward("iris")))
    theirs = replace(ours, plan=replace(ours.plan, networks={"iris": change(network("iris"))}))
    assert content_hash(ours, forward("iris")) != content_hash(theirs, forward("iris"))
    found = Likeness(ours, theirs).matched()
    assert found.cases == {}
    assert "other work" in found.unmatched[0].why


OWN = OwnNetwork("net", "/a/net.py", "0", {"torch_model": Made("torch_model", 1)}, "mse")
MADE = replace(OWN, makes_batch=Made("batch", 9))


def own(network):
    """A step of the network of a user's own file."""
    return Workload("predict", {"network": "net", "batch": 8}, Work(0, 0, 8), own=network)


@pytest.mark.parametrize(
    "changed",
    [
        replace(MADE, sha256="1"),
        replace(MADE, loss="mae"),
        replace(MADE, inputs=(4,)),
        replace(MADE, functions={"jax_model": Made("jax_model", 1)}),
        replace(MADE, makes_batch=None),
    ],
)
def test_another_file_of_ones_own_is_other_work(changed):
    ours, theirs = (run_of([case(own(one))]) for one in (MADE, changed))
    assert content_hash(ours, own(MADE)) != content_hash(theirs, own(changed))
    [(side, told)] = why(ours, theirs)
    assert side is None
    assert "other work" in told


def test_a_file_of_ones_own_that_was_moved_is_the_same_work():
    functions = {"torch_model": Made("torch_model", 7)}
    moved = replace(MADE, path="/b/net.py", functions=functions, makes_batch=Made("batch", 3))
    ours, theirs = (run_of([case(own(one))]) for one in (MADE, moved))
    assert content_hash(ours, own(MADE)) == content_hash(theirs, own(moved))
    assert [*Likeness(ours, theirs).matched().cases] == [case(own(moved)).id]


def test_products_of_different_sizes_differ():
    one = run()
    assert content_hash(one, matmul(8)) != content_hash(one, matmul(16))


def test_cases_are_matched_by_their_ids():
    ours = run(case(matmul(8)), case(matmul(8), TORCH))
    theirs = run(case(matmul(8), TORCH), case(matmul(16), TORCH))
    found = Likeness(ours, theirs).matched()
    assert [*found.cases] == [case(matmul(8), TORCH).id]
    assert [(one.side, one.why) for one in found.unmatched] == [
        ("B", "not planned in A"),
        ("A", "not planned in B"),
    ]


def test_random_data_is_not_compared_with_real_data():
    found = why(run(case(forward())), run(case(forward(synthetic=True))))
    assert found == {(None, "real data in A, random data in B")}


def test_other_threads_are_named():
    ours, theirs = (run(case(matmul(8), replace(NUMPY, threads=n))) for n in (2, 4))
    assert why(ours, theirs) == {
        ("B", "A has it with 2 threads"),
        ("A", "B has it with 4 threads"),
    }


def test_another_precision_is_named():
    ours, theirs = (
        run(case(matmul(8), replace(NUMPY, dtype=one))) for one in ("float32", "float64")
    )
    assert why(ours, theirs) == {("B", "A has it in float32"), ("A", "B has it in float64")}


def test_a_framework_that_was_not_installed_is_named():
    without = replace(ENVIRONMENT, versions={"numpy": "2.4.6"})
    found = why(
        run(case(matmul(8)), environment=without), run(case(matmul(8)), case(matmul(8), TORCH))
    )
    assert found == {("B", "torch was not installed for A")}


def test_an_unknown_fact_tells_no_machines_apart():
    ours, theirs = run(environment=replace(ENVIRONMENT, cpu=None)), run()
    assert Likeness(ours, theirs).machines == ()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("cpu", "Other", "cpu A Processor → Other"),
        ("usable_cores", 1, "usable cores 2 → 1"),
        ("gpus", ("A GPU",), "gpus none → A GPU"),
    ],
)
def test_machines_are_told_apart(field, value, told):
    theirs = run(environment=replace(ENVIRONMENT, **{field: value}))
    assert Likeness(run(), theirs).machines == (told,)


def test_a_variable_that_changes_speed_counts_for_all_frameworks():
    theirs = run(environment=replace(ENVIRONMENT, variables={"OMP_NUM_THREADS": "1"}))
    found = Likeness(run(), theirs)
    assert found.everywhere == ("OMP_NUM_THREADS not there → 1",)
    assert not found.is_unchanged(NUMPY)


def test_a_new_version_is_that_of_one_backend():
    versions = {**ENVIRONMENT.versions, "torch": "2.14.0"}
    cases = [case(matmul(8), one) for one in (NUMPY, TORCH, COMPILED)]
    found = Likeness(run(*cases), run(*cases, environment=replace(ENVIRONMENT, versions=versions)))
    assert found.software == {"torch": "torch 2.13.0 → 2.14.0"}
    assert found.is_unchanged(NUMPY)
    assert not found.is_unchanged(COMPILED)


def with_card(**facts):
    card = Device("cuda:0", "GPU-1", "A GPU", **facts)
    hidden = replace(card, device="", uuid="GPU-2")
    return run(environment=replace(ENVIRONMENT, devices=(card, hidden)))


def test_driver_and_power_limit_of_cards_are_told():
    ours, theirs = (
        with_card(driver=driver, power_limit_w=watts)
        for driver, watts in (("550.1", 700.0), ("560.2", 500.0))
    )
    assert Likeness(ours, theirs).cards == (
        "GPU driver 550.1 → 560.2",
        "power limit of cuda:0 700 W → 500 W",
        "power limit of a hidden GPU 700 W → 500 W",
    )
    assert Likeness(ours, ours).cards == ()
    assert Likeness(run(), theirs).cards == ()
    assert Likeness(with_card(), theirs).cards == ()


def test_a_run_is_named_with_its_machine():
    assert named(run()) == "20260101-120000-told (2026-01-01 12:00), A Processor, 2 cores"

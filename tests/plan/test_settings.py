"""What the head of a run says of its backends: of those that are measured, where it matters."""

from msgspec.structs import replace

from dlbench.plan.settings import departures, differences
from dlbench.records.settings import Departure, Difference
from fakes.machine import ALPHA
from fakes.runs import NUMPY, case, matmul, plan_of

PRODUCT = matmul(8)
ON = replace(NUMPY, backend="alpha")
EVERYWHERE = Departure("threads", "so", 0, "{threads}")
ON_GPU = Departure("memory", "so", 1, 0, devices=("cuda",))
MEASURED = Departure("dispatch", "so", 1, 0, measured_by={"mode": "as-users"})
DIFFERENCE = Difference("weight/", ("adam",), "epsilon")
DECLARED = {
    "alpha": replace(
        ALPHA,
        environment={"THREADS": "{threads}"},
        settings=(EVERYWHERE, ON_GPU, MEASURED, Departure("THREADS", "so")),
        differences=(DIFFERENCE,),
    ),
    "beta": ALPHA,
}
VARIABLE = Departure("THREADS", "so", None, "{threads}")


def found(*targets, **fields):
    plan = plan_of([case(PRODUCT, target, **fields) for target in targets])
    return departures(plan, DECLARED)


def test_a_variable_has_the_value_of_the_environment() -> None:
    assert found(ON) == {"alpha": (EVERYWHERE, MEASURED, VARIABLE)}


def test_a_setting_counts_on_the_devices_where_it_matters() -> None:
    on_gpu = replace(ON, device="cuda:1")
    assert found(on_gpu) == {"alpha": (EVERYWHERE, ON_GPU, MEASURED, VARIABLE)}


def test_a_setting_counts_unless_all_targets_have_the_default() -> None:
    as_users = replace(ON, mode="as-users")
    assert found(as_users) == {"alpha": (EVERYWHERE, VARIABLE)}
    assert found(as_users, ON) == found(ON)


def test_backends_that_are_skipped_are_not_there() -> None:
    assert found(ON, skip="absent") == {}
    plan = plan_of([case(PRODUCT, ON), case(PRODUCT, replace(ON, backend="beta"), skip="absent")])
    assert departures(plan, DECLARED).keys() == {"alpha"}
    assert differences(plan, DECLARED) == {"alpha": (DIFFERENCE,)}

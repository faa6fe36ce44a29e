"""Which targets run a network of a user's own file."""

from msgspec.structs import replace

from dlbench.own.targets import own_calls, own_reason_to_skip, own_variants
from dlbench.records.case import Target
from dlbench.records.own import Made, OwnNetwork, Way
from fakes.machine import BETA

WAYS = {"x_model": Way("module"), "y_model": Way("other", modes=("graph",))}
DECLARED = replace(BETA, own=WAYS)
NETWORK = OwnNetwork("net", "/net.py", "0", {"x_model": Made("x_model", 1)}, "mse")
BOTH = replace(NETWORK, functions={name: Made(name, 1) for name in WAYS})


def calls(network, mode, declared=DECLARED, **axes):
    target = Target("beta", "cpu", mode, "float32", 1)
    return [one.call for one in own_variants(network, target, declared, axes)]


def test_a_target_runs_each_function_of_the_file_that_it_can():
    assert calls(NETWORK, "graph") == ["module"]
    assert calls(BOTH, "graph") == ["module", "other"]
    assert calls(BOTH, "eager") == ["module"]
    assert calls(BOTH, "eager", BETA) == []


def test_the_axis_of_calls_selects():
    assert calls(BOTH, "graph", call=["other"]) == ["other"]
    assert calls(BOTH, "graph", call=["all"]) == ["module", "other"]
    assert calls(BOTH, "graph", call=["bare"]) == []


def test_all_calls_are_known_by_name():
    assert own_calls({"alpha": BETA, "beta": DECLARED}) == ["module", "other"]


def test_a_call_may_lack_a_type_of_its_backend():
    declared = replace(BETA, own={"x_model": Way("module", lacks={"float64": "it rounds"})})
    reasons = {
        (call, dtype): own_reason_to_skip(
            Target("beta", "cpu", "eager", dtype, 1, call=call), declared
        )
        for call in ("module", "")
        for dtype in ("float32", "float64")
    }
    assert {case: why for case, why in reasons.items() if why} == {
        ("module", "float64"): "it rounds"
    }

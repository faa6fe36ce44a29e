"""The line that uses what was found to be fastest."""

from msgspec.structs import replace

from dlbench.own import use
from dlbench.records.case import Target
from dlbench.records.own import Way
from fakes.machine import BETA

TARGET = Target("beta", "cpu", "graph", "float32", 1, call="module")
DECLARED = {"beta": replace(BETA, own={"x_model": Way("module", use={"graph": "graph(x)"})})}


def test_a_target_has_the_line_of_its_mode():
    assert use.line(TARGET, DECLARED) == "graph(x)"
    assert use.line(replace(TARGET, mode="jit"), DECLARED) == ""
    assert use.line(replace(TARGET, call="other"), DECLARED) == ""
    assert use.line(TARGET, {}) == ""


def test_each_fastest_target_has_a_line():
    told = use.lines([("net", "beta graph", TARGET)], DECLARED)
    assert told == ["net, beta graph: graph(x)"]
    assert use.lines([("net", "beta jit", replace(TARGET, mode="jit"))], DECLARED) == []

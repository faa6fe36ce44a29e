"""Every suite says about how long it takes on two cores: what the estimate of its plan says."""

import re

import pytest

from dlbench import registry, units
from dlbench.plan import build, suite
from dlbench.plan.estimate import estimate
from dlbench.plan.request import Request
from dlbench.plan.targets import read_declarations
from fakes.machine import machine

SAID = re.compile(r" \(about (?P<count>\d+) (?P<unit>s|min|h) on 2 cores\)$")
SECONDS = {"s": 1, "min": 60, "h": 3600}
# An estimate may be wrong by as much (plan/estimate.py), so the text need not follow every change.
MOST_WRONG = 2.0


def estimated(name: str) -> float:
    """The seconds of a suite with every framework, on two cores without a GPU."""
    known = read_declarations()
    here = machine(declarations=known, installed=frozenset(known), cores=2)
    return estimate(build.make(suite.load(name), Request(), here)).total_s


@pytest.mark.parametrize("name", registry.names("suites", ".toml"))
def test_the_duration_in_the_list_is_that_of_the_plan(name: str) -> None:
    found = SAID.search(suite.load(name).about)
    assert found is not None, "say how long it takes: (about 5 min on 2 cores)"
    said = int(found["count"]) * SECONDS[found["unit"]]
    wrong = max(said / estimated(name), estimated(name) / said)
    assert wrong < MOST_WRONG, f"the plan takes about {units.roughly(estimated(name))}"

"""Rules of sampling by name."""

import pytest

from dlbench.plan import presets
from dlbench.records.plan import Sampling


def test_every_name_has_rules_that_say_it():
    assert {name: rules.rigor for name, rules in presets.RIGORS.items()} == {
        name: name for name in presets.NAMES
    }


def test_more_rigor_is_more_of_everything():
    quick, standard, rigorous = (presets.RIGORS[name] for name in ("quick", "standard", "rigorous"))
    for less, more in ((quick, standard), (standard, rigorous)):
        assert less.generations < more.generations
        assert less.blocks < more.blocks
        assert less.precision > more.precision
    assert (quick.generations, standard.generations) == (1, 3)
    assert rigorous.generations >= 5
    assert (quick.renewals, standard.renewals, rigorous.renewals) == (0, 3, 3)


@pytest.mark.parametrize("name", presets.NAMES)
def test_limits_of_time_stay_those_of_the_suite(name):
    found = presets.sampling(
        name, Sampling(timeout_s=7.0, budget_s=8.0, compile_limit_s=9.0, memory_limit_gib=2.0)
    )
    limits = (found.timeout_s, found.budget_s, found.compile_limit_s, found.memory_limit_gib)
    assert limits == (7.0, 8.0, 9.0, 2.0)
    assert found.blocks == presets.RIGORS[name].blocks

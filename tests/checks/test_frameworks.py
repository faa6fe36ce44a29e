"""The checks of the frameworks: thread variables and BLAS."""

import pytest
from msgspec.structs import replace

from dlbench.checks import blas, threads
from fakes.facts import ALPHA_SAYS, BETA_SAYS, facts, state

# --- thread variables ---------------------------------------------------------------------------


def with_variables(root, **variables):
    return threads.check(facts(root, variables=variables))


def test_no_variable_is_good(tmp_path):
    outcome = with_variables(tmp_path, PATH="/bin", HOME="/root")
    assert (outcome.state, outcome.seen) == ("good", "none is set")


def test_what_workers_replace_is_good(tmp_path):
    outcome = with_variables(tmp_path, BETA_THREADS="1")
    assert state(outcome) == "good"


def test_a_replaced_variable_is_named(tmp_path):
    beta = replace(facts(tmp_path).declared["beta"], environment={"OMP_NUM_THREADS": "{threads}"})
    told = facts(tmp_path, variables={"OMP_NUM_THREADS": "1"}, declared={"beta": beta})
    outcome = threads.check(told)
    assert (outcome.state, outcome.seen) == ("good", "OMP_NUM_THREADS: replaced by --threads")


def test_what_stays_is_told_with_its_value(tmp_path):
    outcome = with_variables(tmp_path, OMP_PROC_BIND="close", KMP_AFFINITY="compact", PATH="/bin")
    assert outcome.state == "notice"
    assert outcome.seen == "KMP_AFFINITY=compact, OMP_PROC_BIND=close"
    assert outcome.advice.endswith("unset KMP_AFFINITY OMP_PROC_BIND")


# --- BLAS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [
        (ALPHA_SAYS, "good"),
        (replace(ALPHA_SAYS, products=None), "unknown"),
        (replace(ALPHA_SAYS, is_optimised=False), "bad"),
        (replace(ALPHA_SAYS, products=None, is_optimised=False), "bad"),
        ("died with signal 11", "unknown"),
    ],
)
def test_blas(tmp_path, alpha, expected):
    told = facts(tmp_path, frameworks={"alpha": alpha, "beta": BETA_SAYS})
    assert state(blas.check(told)) == expected


def test_every_library_is_named(tmp_path):
    outcome = blas.check(facts(tmp_path))
    assert outcome.seen == "alpha: openblas 0.3, Zen; beta: mkl"


def test_the_slow_one_is_named(tmp_path):
    slow = replace(ALPHA_SAYS, products="no BLAS", is_optimised=False)
    outcome = blas.check(facts(tmp_path, frameworks={"alpha": slow, "beta": BETA_SAYS}))
    assert outcome.meaning.startswith("products of alpha may be")


def test_no_framework_tells_nothing(tmp_path):
    assert state(blas.check(facts(tmp_path, frameworks={}))) == "unknown"

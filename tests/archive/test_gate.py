"""The gate: what fails it, what it cannot tell, and its exit code."""

import pytest
from msgspec.structs import replace

from dlbench.archive.comparison import compare_runs
from dlbench.archive.gate import Gate, judge, limit_of
from dlbench.errors import UsageError
from fakes.runs import COMPILED, TORCH
from fakes.worlds import two_runs


@pytest.mark.parametrize(
    ("rule", "limit"),
    [("slower:5%", 0.05), ("slower:0.05", 0.05), ("slower:2.5%", 0.025), ("slower:0%", 0.0)],
)
def test_a_rule_is_read(rule, limit):
    assert limit_of(rule) == pytest.approx(limit)


@pytest.mark.parametrize("rule", ["", "5%", "faster:5%", "slower", "slower:x", "slower:-1%"])
def test_another_rule_is_refused(rule):
    with pytest.raises(UsageError, match=r"Allowed: slower:SHARE, such as slower:5%"):
        limit_of(rule)


def test_a_percentage_without_its_sign_is_guessed():
    with pytest.raises(UsageError, match="Did you mean a percentage"):
        limit_of("slower:5")


@pytest.fixture(scope="module")
def slow():
    return compare_runs(*two_runs(1, slower={TORCH: 1.5, COMPILED: 1.0}))


def test_what_is_slower_beyond_doubt_fails(slow):
    found = judge(slow, 0.05)
    assert {case.split("/")[2] + "/" + case.split("/")[4] for case in found.slower} == {
        "torch/eager"
    }
    assert (found.outcome, found.exit_code) == ("slower", 3)


def test_a_wider_limit_lets_it_pass(slow):
    assert judge(slow, 0.6).exit_code == 0


def test_strict_does_not_pass_what_it_cannot_tell():
    found = compare_runs(*two_runs(2))
    assert judge(found, 0.01).exit_code == 0
    strict = judge(found, 0.01, strict=True)
    assert strict.unsure
    assert (strict.outcome, strict.exit_code) == ("unsure", 4)


def test_strict_passes_what_is_surely_within():
    assert judge(compare_runs(*two_runs(3)), 0.5, strict=True).exit_code == 0


def test_strict_does_not_pass_a_case_that_is_missing_in_b():
    a, b = two_runs(4)
    gone = b.run.plan.cases[0].id
    b = replace(b, measurements=tuple(one for one in b.measurements if one.case != gone))
    found = compare_runs(a, b)
    assert judge(found, 0.5).exit_code == 0
    strict = judge(found, 0.5, strict=True)
    assert strict.missing == (gone,)
    assert strict.exit_code == 4


def test_nothing_judged_is_not_passed():
    nothing = Gate(0.05, strict=False, judged=0, slower=(), unsure=(), missing=(), detects=None)
    assert nothing.exit_code == 4


def test_it_says_which_slowdown_it_detects(slow):
    found = judge(compare_runs(*two_runs(5)), 0.05)
    assert 0.05 < found.detects < 0.5
    assert judge(slow, 0.2).detects > found.detects


def test_two_machines_have_no_gate():
    a, b = two_runs(6)
    b = replace(b, run=replace(b.run, environment=replace(b.run.environment, cores=64)))
    with pytest.raises(UsageError, match=r"one machine: 'cores 4 → 64'"):
        judge(compare_runs(a, b), 0.05)

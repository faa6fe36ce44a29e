"""Two runs compared: what is matched, what the intervals hold, what is told."""

import os

import pytest
from msgspec.structs import replace

from dlbench.archive.comparison import compare_runs
from dlbench.archive.gate import judge
from dlbench.archive.sheet import sheet_of
from dlbench.errors import UsageError
from dlbench.records.measurement import Measurement
from dlbench.records.run import UsualLuck
from fakes.runs import COMPILED, NUMPY, TORCH
from fakes.worlds import OTHER, too_fast, two_runs

WHOLE = int(os.environ.get("DLBENCH_SIMULATE", "1"))

# The targets whose software changes in the second run.
NEW = {TORCH.id, COMPILED.id}


def test_a_slower_day_is_no_slower_software():
    a, b = two_runs(1, day=0.0)
    b = replace(b, measurements=tuple(slowed(one, 1.5) for one in b.measurements))
    found = compare_runs(a, b)
    assert {one.verdict for one in found.changes} <= {"same", "unsure"}
    assert all(one.raw == pytest.approx(1.5, rel=0.05) for one in found.changes)
    assert all(one.ratio == pytest.approx(1.0, rel=0.05) for one in found.changes)


def slowed(one: Measurement, factor: float) -> Measurement:
    blocks = tuple(replace(sample, host_s=factor * sample.host_s) for sample in one.samples)
    return replace(one, samples=blocks)


def test_the_upgraded_backend_is_told_from_the_others():
    found = compare_runs(*two_runs(2, slower={TORCH: 1.3, COMPILED: 1.3}))
    assert {one.target: one.new_software for one in found.changes} == {
        target.id: target.id in NEW for target in (NUMPY, TORCH, COMPILED, OTHER)
    }
    assert {one.verdict for one in found.changes if one.new_software} == {"slower"}
    assert all(one.low < 1.3 < one.high for one in found.changes if one.new_software)
    assert found.likeness.software == {"torch": "torch 2.13.0 → 2.14.0"}
    [mean] = [one for one in found.means if one.label == "new software"]
    assert mean.cases == 4
    assert mean.low < 1.3 < mean.high
    assert mean.low > 1.15


def test_faster_is_told_as_well():
    found = compare_runs(*two_runs(3, slower={TORCH: 0.7, COMPILED: 1.0}))
    verdicts = {one.target: one.verdict for one in found.changes}
    assert verdicts[TORCH.id] == "faster"
    assert verdicts[COMPILED.id] != "faster"


def test_without_an_anchor_only_a_huge_change_is_told():
    found = compare_runs(*two_runs(4, targets=(TORCH, COMPILED), slower={TORCH: 1.3, COMPILED: 4}))
    assert not found.is_anchored
    verdicts = {one.target: one.verdict for one in found.changes}
    assert verdicts == {TORCH.id: "unsure", COMPILED.id: "slower"}


def test_a_new_python_leaves_no_yardstick():
    a, b = two_runs(5, upgraded=False)
    b = replace(b, run=replace(b.run, environment=replace(b.run.environment, python="3.12.1")))
    found = compare_runs(a, b)
    assert found.likeness.everywhere == ("Python 3.11.7 → 3.12.1",)
    assert not found.is_anchored


def test_another_machine_is_marked_and_has_no_yardstick():
    a, b = two_runs(6)
    b = replace(b, run=replace(b.run, environment=replace(b.run.environment, cpu="Other")))
    found = compare_runs(a, b)
    assert found.machines == ("cpu A Processor → Other",)
    assert not found.is_anchored


def test_more_earlier_runs_are_believed():
    a, b = two_runs(7, is_known=False)
    unknown, known = (
        compare_runs(a, b, lucks) for lucks in ([], [None, UsualLuck(2e-4, 4, runs=9)])
    )
    assert (unknown.luck_runs, known.luck_runs) == (0, 9)
    widths = [sum(one.high - one.low for one in found.changes) for found in (unknown, known)]
    assert widths[1] < widths[0]


def test_a_case_that_failed_is_named_and_not_compared():
    a, b = two_runs(8)
    first = b.measurements[0]
    failed = replace(first, status="failed", reason="it broke", samples=())
    b = replace(b, measurements=(failed, *b.measurements[1:]))
    found = compare_runs(a, b)
    assert first.case not in {one.case for one in found.changes}
    assert [(one.case, one.why) for one in found.unmatched] == [
        (first.case, "failed (it broke) in B")
    ]


def in_float64(results, target):
    """The run with a target in another precision, so that a ceiling is its alone."""
    other = replace(target, dtype="float64")
    groups = tuple(
        replace(
            group,
            cases=tuple(
                replace(one, target=other) if one.target == target else one for one in group.cases
            ),
        )
        for group in results.run.plan.groups
    )
    lines = tuple(
        replace(one, case=one.case.replace(target.id, other.id)) for one in results.measurements
    )
    run = replace(results.run, plan=replace(results.run.plan, groups=groups))
    return replace(results, run=run, measurements=lines)


def test_an_implausible_case_is_not_compared_and_missing_for_the_gate():
    double = replace(TORCH, dtype="float64")
    a, b = (in_float64(one, TORCH) for one in two_runs(8, slower={TORCH: 0.2, COMPILED: 1.0}))
    assert {one.verdict for one in compare_runs(a, b).changes if one.target == double.id} == {
        "faster"
    }
    found = compare_runs(a, too_fast(b, double))
    assert double.id not in {one.target for one in found.changes}
    wrong = [one for one in found.unmatched if one.case.endswith(double.id)]
    assert len(wrong) == 2
    why = "implausible (faster than the measured ceiling allows) in B"
    assert [one.why for one in wrong] == [why] * 2
    gate = judge(found, 0.5, strict=True)
    assert (gate.missing, gate.outcome) == (tuple(one.case for one in wrong), "unsure")


def test_an_implausible_case_is_no_anchor():
    double = replace(NUMPY, dtype="float64")
    a, b = (
        in_float64(one, NUMPY)
        for one in two_runs(9, targets=(NUMPY, TORCH), slower={NUMPY: 0.2, TORCH: 1.0})
    )
    assert compare_runs(a, b).is_anchored
    assert not compare_runs(a, too_fast(b, double)).is_anchored


def test_where_all_is_implausible_nothing_is_compared():
    a, b = (too_fast(one, NUMPY) for one in two_runs(10))
    found = compare_runs(a, b)
    assert found.changes == ()
    assert sheet_of(found).answers[0] == "no case could be compared"
    assert len(found.unmatched) == 8
    assert all(" in A; implausible" in one.why for one in found.unmatched)
    assert judge(found, 0.05).outcome == "unsure"


def test_a_disturbed_case_has_a_ratio_and_no_verdict():
    a, b = two_runs(9)
    busy = b.measurements[0].case
    b = replace(
        b, measurements=tuple(disturbed(one) if one.case == busy else one for one in b.measurements)
    )
    [change] = [one for one in compare_runs(a, b).changes if one.case == busy]
    assert (change.verdict, change.low) == ("unsure", None)
    assert change.reason == "other programs were running in B"
    assert change.ratio > 0


def disturbed(one: Measurement) -> Measurement:
    return replace(one, samples=tuple(replace(sample, flags=("busy",)) for sample in one.samples))


def test_nothing_in_common_says_why():
    a, b = two_runs(10)
    groups = tuple(
        replace(group, cases=tuple(with_threads(case, 4) for case in group.cases))
        for group in b.run.plan.groups
    )
    b = replace(b, run=replace(b.run, plan=replace(b.run.plan, groups=groups)))
    with pytest.raises(UsageError, match=r"no case in common.*A has it with 2 threads"):
        compare_runs(a, b)


def with_threads(case, threads):
    return replace(case, target=replace(case.target, threads=threads))


def test_a_run_is_not_compared_with_itself():
    a, _ = two_runs(11)
    with pytest.raises(UsageError, match="same run"):
        compare_runs(a, a)


# --- what is promised, in worlds of known truth --------------------------------------------------

WORLDS = {
    "luck": {"luck": 0.01, "generations": 3},
    "one repetition": {"luck": 0.01, "generations": 1},
    "runs differ": {"luck": 0.005, "of_run": 0.02, "generations": 3},
    "nothing known": {"luck": 0.01, "of_run": 0.01, "generations": 1, "is_known": False},
}


@pytest.mark.simulation
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_intervals_hold_the_truth(world):
    """1,000 worlds in all: each with one backend that is slower by some percent."""
    held = []
    for seed in range(250 * WHOLE):
        truth = {TORCH: 1 + 0.02 * (seed % 5), COMPILED: 1.0}
        found = compare_runs(*two_runs(seed, slower=truth, workloads=1, **world))
        by_id = {target.id: factor for target, factor in truth.items()}
        held += [one.low <= by_id.get(one.target, 1.0) <= one.high for one in found.changes]
    assert sum(held) / len(held) >= 0.93


@pytest.mark.simulation
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_equal_runs_pass_the_gate(world):
    gates = [judge(compare_runs(*two_runs(seed, **world)), 0.05) for seed in range(20 * WHOLE)]
    assert [one.outcome for one in gates] == ["passed"] * len(gates)


@pytest.mark.simulation
def test_a_world_that_is_slower_by_a_tenth_is_called():
    called = []
    for seed in range(100 * WHOLE):
        slower = {TORCH: 1.1, COMPILED: 1.1}
        found = compare_runs(*two_runs(seed, slower=slower, workloads=1))
        called += [one.verdict == "slower" for one in found.changes if one.new_software]
    assert sum(called) / len(called) >= 0.95

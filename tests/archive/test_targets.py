"""Two targets of one run, which were measured in turns."""

import pytest

from dlbench.archive.gate import judge
from dlbench.archive.targets import compare_targets
from dlbench.errors import UsageError
from fakes.runs import COMPILED, NUMPY, TORCH, case, forward, matmul, results
from fakes.samples import turns

RUN = turns(
    (matmul(8), {NUMPY: 1e-3, TORCH: 2e-3, COMPILED: 1e-3}),
    (matmul(16), {NUMPY: 1e-3, TORCH: 2e-3, COMPILED: 1e-3}),
    luck=0.002,
)


def test_the_ratio_is_that_of_b_to_a():
    found = compare_targets(RUN, "numpy", "torch/eager")
    assert found.together
    assert [one.ratio for one in found.changes] == [pytest.approx(2, rel=0.02)] * 2
    assert {one.verdict for one in found.changes} == {"slower"}
    [mean] = found.means
    assert mean.cases == 2
    assert mean.low < mean.ratio < mean.high
    assert (mean.low, mean.high) == (pytest.approx(2, rel=0.05), pytest.approx(2, rel=0.05))


def test_exchanged_it_is_faster():
    found = compare_targets(RUN, "torch/eager", "numpy")
    assert {one.verdict for one in found.changes} == {"faster"}


def test_a_gate_judges_them_too():
    assert judge(compare_targets(RUN, "numpy", "torch/eager"), 0.05).exit_code == 3
    assert judge(compare_targets(RUN, "numpy", "compile"), 0.05).exit_code == 0


def test_a_workload_that_one_of_them_lacks_is_named():
    told = results(
        (case(matmul(8), NUMPY), 1e-3),
        (case(matmul(8), TORCH), 2e-3),
        (case(forward(), NUMPY), 1e-3),
    )
    found = compare_targets(told, "numpy", "torch")
    assert len(found.changes) == 1
    assert [(one.case, one.why) for one in found.unmatched] == [
        (case(forward(), NUMPY).id, "the other target was not measured in this workload")
    ]


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("numpy", "numpy", "same target"),
        ("numpy", "abacus", "no target of the run matches"),
        ("numpy", "torch", "several targets of the run match"),
        ("numpy", "size=8", "a value of the workloads"),
    ],
)
def test_mistakes_are_told(a, b, message):
    with pytest.raises(UsageError, match=message):
        compare_targets(RUN, a, b)


def test_targets_without_a_common_workload():
    told = results((case(matmul(8), NUMPY), 1e-3), (case(forward(), TORCH), 1e-3))
    with pytest.raises(UsageError, match="no workload with both"):
        compare_targets(told, "numpy", "torch")

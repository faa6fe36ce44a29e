"""What a run is compared with: a target, or a value that its workloads differ in."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.baseline import Parameter, find_baseline
from dlbench.analysis.run import RunAnalysis
from dlbench.errors import UsageError
from dlbench.plan.together import joined
from dlbench.results.folder import Results
from fakes.runs import NUMPY, TORCH, case, forward, matmul
from fakes.samples import turns

SMALL, LARGE = forward("iris", 1), forward("iris", 32)
TOLD = ((SMALL, {NUMPY: 1e-3, TORCH: 2e-3}), (LARGE, {NUMPY: 3e-3, TORCH: 2e-3}))


def together(told: Results) -> Results:
    """The same run, as if its rows had been one."""
    plan = told.run.plan
    groups = tuple(joined(plan.groups, "batch"))
    return replace(told, run=replace(told.run, plan=replace(plan, groups=groups)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("numpy", NUMPY.id),
        ("torch/eager", TORCH.id),
        ("32", Parameter("batch", "32")),
        ("batch=1", Parameter("batch", "1")),
    ],
)
def test_a_target_or_a_value_is_found(text: str, found: object) -> None:
    assert find_baseline(turns(*TOLD).run, text) == found


@pytest.mark.parametrize("text", ["jax", "iris", "batch=2", ""])
def test_what_no_two_workloads_differ_in_is_no_baseline(text: str) -> None:
    with pytest.raises(UsageError, match="no target of the run matches") as error:
        find_baseline(turns(*TOLD).run, text)
    assert "batch=1, batch=32" in str(error.value)


def test_each_target_is_compared_with_itself_at_the_other_value() -> None:
    reading = RunAnalysis(together(turns(*TOLD, noise=0.001, common=0.0))).against("batch=1")
    rows = {row.case: row for row in reading.rows}
    numpy, torch = rows[case(LARGE, NUMPY).id], rows[case(LARGE, TORCH).id]
    assert (numpy.comparison.verdict, torch.comparison.verdict) == ("slower", "same")
    assert numpy.comparison.ratio == pytest.approx(3, rel=0.02)
    assert numpy.comparison.base_case == case(SMALL, NUMPY).id
    assert rows[case(SMALL, NUMPY).id].comparison.verdict is None
    assert reading.baseline == "batch 1"


def test_the_size_of_a_product_is_one_value() -> None:
    told = turns((matmul(8), {NUMPY: 1e-3}), (matmul(16), {NUMPY: 2e-3}), common=0.0)
    assert find_baseline(told.run, "size=8") == Parameter("size", "8")
    row = RunAnalysis(told).against("16").rows[0]
    assert row.comparison.ratio == pytest.approx(0.5, rel=0.05)


def test_the_case_compared_with_is_named_and_the_baseline_is_its_own() -> None:
    rows = RunAnalysis(together(turns(*TOLD, noise=0.001, common=0.0))).against("batch=1").rows
    assert [row.comparison.baseline for row in rows] == [row.target.id for row in rows]
    assert [row.comparison.base_case for row in rows] == [
        None,
        None,
        case(SMALL, NUMPY).id,
        case(SMALL, TORCH).id,
    ]


def test_rows_that_were_not_measured_in_turns_have_a_ratio_without_a_verdict() -> None:
    reading = RunAnalysis(turns(*TOLD, noise=0.001, common=0.0)).against("batch=1")
    found = [row.comparison for row in reading.rows if row.comparison.ratio is not None]
    assert [one.verdict for one in found] == ["unsure"] * 2
    assert all(one.low is None for one in found)
    assert all("not measured side by side" in str(one.reason) for one in found)

"""All that a run says: its rows against a baseline, and how sure it is."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.rows import Row
from dlbench.analysis.run import RunAnalysis, rows_of
from dlbench.errors import UsageError
from dlbench.records.measurement import Measurement, Sample
from dlbench.results.folder import Results
from fakes.runs import (
    COMPILED,
    NUMPY,
    TORCH,
    case,
    matmul,
    measured,
    results_of,
    rows,
)
from fakes.samples import turns

MATMUL = matmul(256)


THREE = {NUMPY: 1.0e-3, TORCH: 1.2e-3, COMPILED: 1.01e-3}


def told(found: Results, *args: object) -> dict[str, Row]:
    """Rows by backend and mode."""
    return {f"{row.target.backend} {row.target.mode}": row for row in rows_of(found, *args)}


def test_without_a_baseline_the_fastest_is_it() -> None:
    rows = told(turns((MATMUL, THREE)))
    assert {row.comparison.baseline for row in rows.values()} == {NUMPY.id}
    assert (rows["numpy eager"].comparison.verdict, rows["numpy eager"].comparison.ratio) == (
        None,
        None,
    )
    assert (rows["torch eager"].comparison.verdict, rows["torch compile"].comparison.verdict) == (
        "slower",
        "same",
    )
    slow = rows["torch eager"]
    assert slow.comparison.low < 1.2 < slow.comparison.high
    assert slow.comparison.ratio == pytest.approx(1.2, rel=0.01)
    assert slow.comparison.p <= slow.comparison.p_display <= slow.comparison.p_gate <= 0.05
    assert slow.reason.startswith("slower by more than 2 % (1.")


def test_what_a_run_can_detect_does_not_depend_on_the_baseline() -> None:
    known = RunAnalysis(turns((MATMUL, THREE), luck=0.01))
    fastest, others = known.against(), [known.against(one.id) for one in (TORCH, COMPILED)]
    assert fastest.nulls.visible_low
    assert [one.nulls for one in others] == [fastest.nulls] * 2
    assert [one.baseline for one in others] == [TORCH.id, COMPILED.id]


@pytest.mark.parametrize(
    "text", ["torch/cpu/eager/float32/t2", "torch/eager", "torch/cpu/eager", "eager/float32/t2"]
)
def test_a_baseline_is_a_target_by_its_parts(text: str) -> None:
    found = turns((MATMUL, {TORCH: 1.2e-3, COMPILED: 1e-3}))
    assert told(found, text)["torch compile"].comparison.verdict == "faster"
    assert told(found, text)["torch compile"].comparison.baseline == TORCH.id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "torch",
            "several targets of the run match: 'torch'. Allowed: torch/cpu/eager/float32/t2, t",
        ),
        ("jax", "no target of the run matches: 'jax'. Allowed: numpy/cpu/eager/float32/t2, torch/"),
        ("eager/torch", "no target"),
        ("torch/eag", "no target"),
        ("", "no target"),
    ],
)
def test_a_baseline_must_be_one_target_of_the_run(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        rows_of(turns((MATMUL, THREE)), text)
    assert message in str(caught.value)


def test_a_whole_id_is_never_ambiguous() -> None:
    two = replace(NUMPY, threads=2), replace(NUMPY, threads=20)
    found = turns((MATMUL, dict.fromkeys(two, 1e-3)))
    assert RunAnalysis(found).against(two[0].id).baseline == two[0].id


def test_where_the_baseline_has_no_time_nothing_is_compared() -> None:
    found = rows(
        (case(MATMUL, NUMPY), Measurement(case(MATMUL, NUMPY).id, "failed", "it died")),
        (case(MATMUL, TORCH), 1e-3),
    )
    assert found[1].comparison.baseline == TORCH.id
    failed = Measurement(case(MATMUL, NUMPY).id, "failed", "it died")
    both = results_of(
        [case(MATMUL, NUMPY), case(MATMUL, TORCH)],
        [failed, measured(case(MATMUL, TORCH), *[1e-3] * 6)],
    )
    row = rows_of(both, "numpy")[1]
    assert (row.comparison.verdict, row.comparison.ratio, row.comparison.baseline) == (
        None,
        None,
        NUMPY.id,
    )
    assert row.reason == "the baseline was not measured (numpy/cpu/eager/float32/t2)"


def test_what_is_unsure_has_a_command_and_nothing_else_does() -> None:
    rows = told(turns((MATMUL, THREE | {COMPILED: 1.02e-3})))
    assert rows["torch compile"].comparison.verdict == "unsure"
    assert rows["torch compile"].comparison.rerun == (
        "dlbench run told -k 'matmul/256x256x256/ and (/torch/cpu/compile/ or /numpy/)' "
        "--rigor rigorous"
    )
    assert (rows["torch eager"].comparison.rerun, rows["numpy eager"].comparison.rerun) == (
        None,
        None,
    )


def test_a_row_whose_rounds_with_the_baseline_were_busy_is_busy_and_others_judge_it() -> None:
    def late(sample: Sample) -> Sample:
        return replace(sample, flags=("busy",)) if sample.round >= 7 else sample

    def early(sample: Sample) -> Sample:
        return replace(sample, flags=("busy",)) if sample.round < 7 else sample

    change = {NUMPY: early, TORCH: late}
    found = told(turns((MATMUL, THREE), change=change, generations=1, rounds=14))
    assert (found["torch eager"].busy, found["torch eager"].blocks.left_out) == (True, 7)
    assert found["torch eager"].comparison.baseline == NUMPY.id
    assert found["torch eager"].comparison.verdict == "slower", "than torch compile"
    assert not found["numpy eager"].busy


def test_who_is_faster_in_pairs_is_the_fastest_whatever_the_medians_say() -> None:
    """NumPy's median is of quiet blocks that PyTorch's does not have."""

    def late(sample: Sample) -> Sample:
        slow = 2.0 if sample.round < 100 else 1.0
        flags = ("busy",) if sample.round < 100 else ()
        return replace(sample, host_s=sample.host_s * slow, flags=flags)

    def early(sample: Sample) -> Sample:
        return replace(sample, host_s=sample.host_s * (0.5 if sample.round < 104 else 1.0))

    steps = {NUMPY: 1.0e-3, TORCH: 0.9e-3}
    found = turns((MATMUL, steps), change={NUMPY: early, TORCH: late}, rounds=200)
    by_target = {row.target.id: row for row in rows_of(found)}
    numpy, torch = by_target[NUMPY.id], by_target[TORCH.id]
    assert numpy.time.seconds < torch.time.seconds
    assert torch.comparison.verdict is None
    assert (numpy.comparison.baseline, numpy.comparison.verdict) == (TORCH.id, "slower")

"""Sentences say what the verdicts say, and name nobody without one."""

import re

import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import answers_of
from dlbench.answers.sentences import MOST_SENTENCES, sentences
from fakes.runs import COMPILED, NUMPY, TORCH, case, forward, matmul
from fakes.samples import flagged, turns

GPU = replace(TORCH, device="cuda")
PRODUCT, FORWARD = matmul(64), forward()


def told(*given, **settings):
    analysis = RunAnalysis(turns(*given, **settings))
    return sentences(analysis.against().rows, answers_of(analysis))


def texts(*given, **settings):
    return [one.text for one in told(*given, **settings)]


def test_cpu_or_gpu() -> None:
    first, second = told((PRODUCT, {TORCH: 30e-3, GPU: 1e-3}), luck=0.005)
    assert re.fullmatch(
        r"GPU is faster than CPU: CPU takes 30\S* \[2\d\S*–3\d\S*\] "
        r"times as long",
        first.text,
    )
    assert set(first.cases) == {case(PRODUCT, TORCH).id, case(PRODUCT, GPU).id}
    assert second.text.startswith("matmul 64: cuda is fastest; cpu takes ")


def test_several_workloads_have_a_mean_and_a_range() -> None:
    steps = ((PRODUCT, {TORCH: 2e-3, GPU: 1e-3}), (FORWARD, {TORCH: 8e-3, GPU: 1e-3}))
    first, *_ = texts(*steps, luck=0.005)
    assert re.search(r"in 2 of 2 workloads; on average CPU takes (3\.9|4\.0)", first)
    assert re.search(r", from (1\.9|2\.0)\d to (7\.9|8\.0)\d$", first)


def test_the_fastest_and_the_next_are_named_with_their_ratio() -> None:
    (one,) = [t for t in texts((PRODUCT, {NUMPY: 1e-3, TORCH: 1.5e-3})) if "matmul" in t]
    assert re.match(r"matmul 64: numpy is fastest; torch takes 1\.(49|5)\d* \[", one)


def test_near_ties_are_named_together() -> None:
    near = {NUMPY: 1e-3, TORCH: 1.004e-3, COMPILED: 2e-3}
    one = next(t for t in texts((PRODUCT, near), luck=0.01) if t.startswith("matmul"))
    assert "use one of " in one
    assert re.search(r"\(too close to rank\); torch compile takes (1\.9|2\.0)", one)


def test_where_nothing_differs_that_is_said() -> None:
    equal = dict.fromkeys((NUMPY, TORCH), 1e-3)
    assert any("no difference can be told" in text for text in texts((PRODUCT, equal), luck=0.02))


NAMING = re.compile(r"fastest;|is faster than|use one of")


@pytest.mark.parametrize(
    "settings",
    [
        {"change": {TORCH: flagged(1), NUMPY: flagged(1), COMPILED: flagged(1)}},
        {"rounds": 1, "generations": 1},
        {"luck": 0.5},
    ],
    ids=["busy", "too few", "unsure"],
)
def test_nobody_is_named_without_a_verdict(settings) -> None:
    times = {NUMPY: 1.0e-3, TORCH: 1.1e-3, COMPILED: 1.2e-3}
    found = texts((PRODUCT, times), (FORWARD, times), **settings)
    assert found
    assert [text for text in found if NAMING.search(text)] == []


def test_three_sides_are_ordered_by_their_mean() -> None:
    jax = replace(NUMPY, backend="jax")
    times = {NUMPY: 2e-3, TORCH: 3e-3, jax: 1e-3}
    found = texts((PRODUCT, times), (FORWARD, times))
    (ranking,) = [text for text in found if "times as long as jax, each" in text]
    assert ranking.startswith("on average over 2 workloads, times as long as jax, each at its best")
    assert re.search(r"numpy (1\.9|2\.0)\d+ \[.*\], torch (2\.9|3\.0)\d+ \[", ranking)


def test_a_mean_without_an_interval_is_not_told() -> None:
    """Disturbed rounds give figures that may be wrong by any factor."""
    jax = replace(NUMPY, backend="jax")
    times = {NUMPY: 2e-3, TORCH: 3e-3, COMPILED: 1e-3, jax: 1e-3}
    busy = dict.fromkeys(times, flagged(1))
    quiet = texts((PRODUCT, times), (FORWARD, times))
    assert any("on average" in text for text in quiet)
    found = texts((PRODUCT, times), (FORWARD, times), change=busy)
    assert found
    assert not any("on average" in text or "about" in text for text in found)


def test_compiled_modes_are_compared_with_their_own_eager_mode() -> None:
    found = texts((PRODUCT, {NUMPY: 1e-3, TORCH: 4e-3, COMPILED: 2e-3}))
    assert any(t.startswith("torch: compile is faster than eager: eager takes ") for t in found)


def test_there_are_no_more_sentences_than_are_read() -> None:
    many = [replace(COMPILED, mode=f"mode{n}") for n in range(20)]
    times = {TORCH: 1e-3} | dict.fromkeys(many, 0.002)
    assert len(texts((PRODUCT, times), rounds=8)) == MOST_SENTENCES


def test_a_run_with_one_target_has_no_sentence() -> None:
    assert texts((PRODUCT, {TORCH: 1e-3})) == []


def test_what_was_not_measured_or_not_judged_is_counted() -> None:
    times = {NUMPY: 1e-3, TORCH: 1.5e-3, COMPILED: 2e-3}
    found = turns((PRODUCT, times), (FORWARD, times), change={COMPILED: flagged(1)})
    lost = {case(PRODUCT, TORCH).id, *(case(FORWARD, target).id for target in times)}
    kept = tuple(
        replace(one, status="skipped", reason="late") if one.case in lost else one
        for one in found.measurements
    )
    analysis = RunAnalysis(replace(found, measurements=kept))
    first, *_, last = sentences(analysis.against().rows, answers_of(analysis))
    assert first.text.startswith("matmul 64: the fastest is not known")
    assert last.text == "1 of 2 workloads not measured"
    judged = {case(PRODUCT, COMPILED).id}
    kept = tuple(
        replace(one, status="skipped", reason="late") if one.case in judged else one
        for one in turns((PRODUCT, times)).measurements
    )
    analysis = RunAnalysis(replace(turns((PRODUCT, times)), measurements=kept))
    first, *_ = sentences(analysis.against().rows, answers_of(analysis))
    assert first.text.endswith("times as long; 1 target not measured")


def test_one_that_could_not_be_judged_is_no_rival_and_is_told() -> None:
    times = {NUMPY: 1e-3, TORCH: 1.5e-3, COMPILED: 2e-3}
    first, *_ = texts((PRODUCT, times), change={COMPILED: flagged(1)})
    assert "numpy eager is fastest of those that could be judged; torch eager takes" in first
    assert first.endswith("; 1 target could not be judged")


ARRAY, SLOW = (replace(TORCH, call=call) for call in ("array", "by-hand"))


def test_the_call_to_make_and_the_one_not_to_make_are_named() -> None:
    found = texts((FORWARD, {TORCH: 1e-3, ARRAY: 2e-3, SLOW: 140e-3}), luck=0.005)
    (one,) = [text for text in found if ": call " in text]
    pattern = r"torch eager: call bare, not by-hand: 1[34]\d \[1[34]\d\S*–1[45]\d\S*\] times faster"
    assert re.fullmatch(pattern, one)
    assert any("torch bare is fastest" in text or "bare is fastest" in text for text in found)


def test_a_call_is_named_over_all_workloads_that_have_it() -> None:
    times = {TORCH: 1e-3, SLOW: 4e-3}
    found = texts((FORWARD, times), (PRODUCT, times), luck=0.005)
    (one,) = [text for text in found if ": call " in text]
    assert one.startswith("torch eager: call bare, not by-hand: ")
    assert one.endswith(" times faster on average over 2 workloads")


@pytest.mark.parametrize(
    ("times", "settings"),
    [
        ({TORCH: 1e-3, ARRAY: 1e-3}, {}),
        ({TORCH: 1e-3, ARRAY: 1.2e-3}, {"luck": 0.5}),
        ({TORCH: 1e-3, ARRAY: 9e-3}, {"change": {TORCH: flagged(1), ARRAY: flagged(1)}}),
    ],
    ids=["equal", "unsure", "busy"],
)
def test_no_call_is_named_without_a_verdict(times, settings) -> None:
    assert [t for t in texts((FORWARD, times), **settings) if ": call " in t] == []


def test_a_call_that_is_faster_in_one_workload_and_slower_in_another_is_not_named() -> None:
    opposite = ({TORCH: 1e-3, ARRAY: 4e-3}, {TORCH: 4e-3, ARRAY: 1e-3})
    found = texts((FORWARD, opposite[0]), (PRODUCT, opposite[1]), luck=0.005)
    assert [text for text in found if ": call " in text] == []


def test_modes_of_several_calls_or_threads_are_told_apart() -> None:
    more = replace(TORCH, threads=4)
    times = {
        TORCH: 1e-3,
        COMPILED: 4e-3,
        more: 1e-3,
        replace(COMPILED, threads=4): 2e-3,
    }
    found = [t for t in texts((PRODUCT, times), luck=0.005) if "eager is faster than compile" in t]
    assert [text.partition(":")[0] for text in found] == ["torch 2 threads", "torch 4 threads"]


def test_where_the_answer_changes_is_told_with_both_ends() -> None:
    batches = ((8, 1e-3), (32, 2e-3), (128, 9e-3))
    steps = [(forward(batch=batch), {TORCH: cpu, GPU: 4e-3}) for batch, cpu in batches]
    (turn,) = [text for text in texts(*steps, luck=0.005) if "up to" in text]
    assert turn == (
        "CPU or GPU, forward iris: the CPU is faster up to batch 32, the GPU from batch 128 on"
    )
    twice = [*steps, (forward(batch=512), {TORCH: 1e-3, GPU: 4e-3})]
    (turn,) = [text for text in texts(*twice, luck=0.005) if "up to" in text]
    assert turn.endswith("up to batch 32, the GPU at batch 128, the CPU from batch 512 on")


def test_where_modes_cross_their_backend_and_device_are_named() -> None:
    times = [(matmul(size), {TORCH: eager, COMPILED: 4e-3}) for size, eager in ((8, 1e-3), (64, 1))]
    (turn,) = [text for text in texts(*times) if "up to" in text]
    assert turn == (
        "eager or compile, torch on CPU, matmul: eager is faster up to size 8, "
        "compile from size 64 on"
    )

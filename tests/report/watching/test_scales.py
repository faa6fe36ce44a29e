"""A scale is what tasks took by what was expected; the narrowest that is known counts."""

import pytest

from dlbench.report.watching.scales import Scales

TORCH, JAX = (("check", "torch"), ("check",)), (("check", "jax"), ("check",))


def test_what_nobody_has_done_takes_what_is_expected() -> None:
    assert Scales().of(TORCH) == 1.0


def test_the_narrowest_scale_counts() -> None:
    scales = Scales()
    scales.learn(TORCH, 6.0, 2.0)
    assert scales.of(TORCH) == scales.of(JAX) == 3.0
    scales.learn(JAX, 1.0, 2.0)
    assert (scales.of(TORCH), scales.of(JAX)) == (3.0, 0.5)
    assert scales.of((("check", "numpy"), ("check",))) == 7.0 / 4.0


def test_what_is_under_way_can_count() -> None:
    scales = Scales()
    scales.learn(TORCH, 2.0, 2.0)
    assert scales.of(TORCH, {TORCH[0]: (8.0, 2.0)}) == 2.5
    assert scales.of(TORCH) == 1.0


def test_a_task_of_two_parts_is_shared_as_was_expected() -> None:
    scales = Scales()
    scales.learn(TORCH, 6.0, 2.0)
    other = (("start",),)
    shared = scales.shared({TORCH: 1.0, other: 2.0}, 10.0)
    assert shared == pytest.approx({TORCH: 6.0, other: 4.0})
    assert scales.shared({}, 10.0) == {}

"""Two sides over all workloads, on runs of known truth."""

import pytest
from msgspec.structs import replace

from dlbench.analysis.run import RunAnalysis
from dlbench.answers.answer import answers_of
from fakes.runs import COMPILED, TORCH, matmul
from fakes.samples import turns

GPU = replace(TORCH, device="cuda")
FAST, SLOW = matmul(64), matmul(128)


def answered(*told, **settings):
    return answers_of(RunAnalysis(turns(*told, **settings)))


BOTH = ((FAST, {TORCH: 2e-3, GPU: 1e-3}), (SLOW, {TORCH: 8e-3, GPU: 1e-3}))


def test_mirrored_sides_have_the_inverse_ratio() -> None:
    (overall,) = answered(*BOTH).overall
    other = overall.mirrored()
    assert (other.left, other.right_faster) == ("cuda", overall.left_faster)
    assert other.ratio == pytest.approx(1 / overall.ratio)
    assert other.low < other.ratio < other.high
    assert other.mirrored().ratio == pytest.approx(overall.ratio)


def test_the_mean_over_workloads_has_one_number_a_generation() -> None:
    """Workloads share the luck of their processes, so more of them tell no more."""

    def width(workloads: int) -> float:
        told = [(matmul(8 * (n + 1)), {TORCH: 2e-3, COMPILED: 1e-3}) for n in range(workloads)]
        (found,) = answered(*told, luck=0.01).alike
        return found.high / found.low

    assert width(2) > 1.005

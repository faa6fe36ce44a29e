"""Questions are the axes on which timed targets differ."""

from msgspec.structs import replace

from dlbench.answers.questions import Question, others, questions, value
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul, rows

GPU = replace(TORCH, device="cuda")


def timed(*targets):
    return rows(*((case(matmul(8), target), 1e-3) for target in targets))


def test_an_axis_that_varies_is_a_question() -> None:
    assert questions(timed(NUMPY, TORCH)) == [Question("backend", ("numpy", "torch"))]
    assert questions(timed(TORCH, GPU)) == [Question("device", ("cpu", "cuda"))]
    assert questions(timed(TORCH)) == []
    assert questions([]) == []


def test_the_kind_of_a_mode_is_asked_for_before_the_mode() -> None:
    assert [one.axis for one in questions(timed(TORCH, COMPILED))] == ["mode_kind"]
    several = timed(TORCH, COMPILED, replace(COMPILED, mode="cudagraph"))
    assert [one.axis for one in questions(several)] == ["mode_kind", "mode"]


def test_like_and_like_share_all_other_axes() -> None:
    eager, compiled, gpu = timed(TORCH, COMPILED, GPU)
    assert others(eager, "mode_kind") == others(compiled, "mode_kind")
    assert others(eager, "device") == others(gpu, "device")
    assert others(eager, "mode_kind") != others(gpu, "mode_kind")
    assert value(compiled, "mode_kind") == "static"

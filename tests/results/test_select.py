"""A part of a run is as if nothing else had been measured."""

import pytest

from dlbench.errors import UsageError
from dlbench.results.select import narrowed, part_of, selected
from fakes.runs import NUMPY, TORCH, forward, matmul
from fakes.samples import turns

RUN = turns((matmul(8), {NUMPY: 1.0, TORCH: 2.0}), (forward("iris", 32), {NUMPY: 1.0, TORCH: 2.0}))


def ids(words: str) -> list[str]:
    return [case.id for case in selected(RUN, words).run.plan.cases]


def test_without_words_all_is_kept() -> None:
    assert selected(RUN, "") is RUN


def test_cases_are_chosen_by_words_of_their_ids() -> None:
    assert ids("matmul and torch") == [f"matmul/8x8x8/{TORCH.id}"]
    assert len(ids("not torch")) == 2


def test_measurements_are_those_of_the_cases_kept() -> None:
    part = selected(RUN, "matmul")
    live = {case.id for group in part.run.plan.groups for case in group.live}
    assert {one.case for one in part.measurements} == live


def test_a_part_is_chosen_by_its_ids_too() -> None:
    wanted = {f"matmul/8x8x8/{TORCH.id}"}
    part = part_of(RUN, wanted.__contains__)
    assert [case.id for case in part.run.plan.cases] == [*wanted]
    assert {one.case for one in part.measurements} == wanted
    assert part.run.command == RUN.run.command


def test_a_null_stays_with_its_case() -> None:
    assert [bool(group.copies) for group in selected(RUN, "numpy").run.plan.groups] == [
        bool(group.copies) for group in RUN.run.plan.groups
    ]
    assert not any(group.copies for group in selected(RUN, "torch").run.plan.groups)


def test_where_nothing_matches_the_words_of_the_ids_are_named() -> None:
    with pytest.raises(UsageError, match="--filter matches no case of the run: 'cuda'") as error:
        selected(RUN, "cuda")
    assert "matmul" in str(error.value)
    assert "torch" in str(error.value)


@pytest.mark.parametrize(
    ("command", "narrow"),
    [
        ("dlbench run told", "dlbench run told -k 'a or b'"),
        ("dlbench run told -k x --seed 1", "dlbench run told -k '(x) and (a or b)' --seed 1"),
    ],
)
def test_the_command_measures_no_more_than_the_part(command: str, narrow: str) -> None:
    assert narrowed(command, "a or b") == narrow


def test_a_mistake_names_the_option() -> None:
    with pytest.raises(UsageError, match="--filter cannot be read"):
        selected(RUN, "and and")

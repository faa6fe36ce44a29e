"""A crossover as a function to paste: it runs, and chooses as the sentence says."""

import pytest
from msgspec.structs import replace

from dlbench.answers.crossing import Sure
from dlbench.errors import UsageError
from dlbench.report.crossing.policy import policy
from fakes.crossings import CHANGE, GPU, PLACES, subject
from fakes.runs import NUMPY, TORCH


def function(found, name="target_for"):
    """The function, defined as a user would by pasting it."""
    space = {}
    exec(policy(found), space)
    return space[name]


def test_the_function_returns_devices_where_they_are_what_differs() -> None:
    device_for = function(subject(TORCH, GPU), "device_for")
    assert [device_for(batch) for batch in (1, 95, 96, 4096)] == ["cpu", "cpu", "cuda", "cuda"]


def test_other_targets_are_returned_whole() -> None:
    target_for = function(subject())
    assert (target_for(95), target_for(96)) == (NUMPY.id, TORCH.id)


def test_the_right_target_may_be_the_one_below() -> None:
    target_for = function(subject(change=replace(CHANGE, below="right")))
    assert (target_for(95), target_for(96)) == (TORCH.id, NUMPY.id)


def test_its_comments_say_where_it_comes_from() -> None:
    text = policy(subject())
    assert "# 95 % interval of the limit: 80 to 116" in text
    assert "A Processor; numpy 2.4.6, torch 2.13.0" in text
    assert "forward iris" in text


def test_one_side_everywhere_is_returned_always() -> None:
    found = subject(change=None, sure=(Sure("right", 1, 4096),), places=PLACES[3:])
    assert function(found)(7) == TORCH.id


@pytest.mark.parametrize(
    "sure", [(), (Sure("left", 1, 1), Sure("right", 64, 64), Sure("left", 128, 4096))]
)
def test_what_is_not_known_makes_no_function(sure) -> None:
    with pytest.raises(UsageError, match=r"^there is no policy to write\. .*--budget 300"):
        policy(subject(change=None, sure=sure))


def test_text_from_results_stays_a_comment_or_a_quoted_text() -> None:
    nasty = 'x\'\n    raise SystemExit  # """'
    found = subject(replace(NUMPY, backend=nasty), TORCH)
    found = replace_run(found, nasty)
    assert function(found)(1).startswith("x'")


def replace_run(found, cpu: str):
    machine = replace(found.run.environment, cpu=cpu)
    return type(found)(
        replace(found.run, environment=machine, id=cpu),
        found.comparison,
        found.workload,
        found.left,
        found.right,
        found.rows,
    )

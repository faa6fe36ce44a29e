"""The command that would settle what is unsure is one that works, and measures what is asked."""

import shlex

import pytest
from msgspec.structs import replace

from dlbench.analysis.rerun import MOST_WORKLOADS, RerunCommand
from dlbench.records.plan import Sampling
from dlbench.syntax import expression
from fakes.runs import COMPILED, NUMPY, TORCH, case, matmul, plan_of, run_of

SIZES = (64, 128, 256, 512, 1024, 2048)
CASES = [case(matmul(size), target) for size in SIZES for target in (NUMPY, TORCH, COMPILED)]
TWO = CASES[1:3]


def command(cases=TWO, told: str = "dlbench run told", **sampling: object) -> list[str]:
    made = plan_of(CASES, sampling=replace(Sampling(), **sampling))
    return shlex.split(RerunCommand(run_of([], plan=made, command=told)).command(cases))


def kept(words: list[str]) -> list[str]:
    """The cases of the run that the command measures."""
    keep = expression(words[words.index("-k") + 1])
    return [one.id for one in CASES if keep(one.id)]


def test_a_pair_by_as_little_as_tells_it_from_the_others() -> None:
    assert command() == [
        "dlbench",
        "run",
        "told",
        "-k",
        "matmul/64x64x64/ and (/torch/cpu/eager/ or /torch/cpu/compile/)",
        "--rigor",
        "rigorous",
    ]
    assert kept(command()) == [one.id for one in TWO]


def test_all_targets_need_no_name() -> None:
    assert command(CASES[:3])[4] == "matmul/64x64x64/"
    assert "-k" not in command(CASES[: 3 * MOST_WORKLOADS + 3])


def test_several_workloads_are_named_together() -> None:
    asked = [CASES[0], CASES[1], CASES[3], CASES[4]]
    assert kept(command(asked)) == [one.id for one in asked]


@pytest.mark.parametrize(
    ("told", "start"),
    [
        ("dlbench run", "dlbench run -k"),
        ("dlbench run quick --size 64,128 --backend torch", "dlbench run quick --size 64,128 --b"),
        ("dlbench run quick -k 'a or b' --seed 3", "dlbench run quick --seed 3 -k"),
        ("dlbench run quick --rigor quick --budget=60 --seed=3", "dlbench run quick --seed=3 -k"),
        ("dlbench run --generations 2 -kmatmul --precision 0.1", "dlbench run -k"),
        ("dlbench run quick --dry-run", "dlbench run quick -k"),
        ("python mine.py", "dlbench run told -k"),
        ("dlbench run 'half a quote", "dlbench run told -k"),
    ],
)
def test_the_runs_own_command_stays_but_for_how_thorough_it_was(told: str, start: str) -> None:
    words = command(told=told)
    assert shlex.join(words).startswith(start)
    assert words[-2:] == ["--rigor", "rigorous"]
    assert kept(words) == [one.id for one in TWO]


def test_what_was_restricted_is_named_in_full() -> None:
    """There may be other targets that the restriction kept out of the plan."""
    text = command(told="dlbench run -k eager")[3]
    assert text == f"matmul/64x64x64/ and ({TORCH.id} or {COMPILED.id})"


def test_too_many_to_name_stay_as_they_were_restricted() -> None:
    assert command(CASES[:-3], told="dlbench run -k 'not xla'")[2:4] == ["-k", "not xla"]


def test_a_rigorous_run_is_repeated_with_twice_the_generations() -> None:
    words = command(rigor="rigorous", generations=6)
    assert words[-4:] == ["--rigor", "rigorous", "--generations", "12"]


def test_a_name_that_no_expression_can_hold_is_not_put_into_one() -> None:
    odd = case(replace(matmul(64), kind="a ( b"), NUMPY)
    assert "-k" not in command([odd])


@pytest.mark.parametrize("told", ["--budget 30 --seed 3", "--seed 3 --budget=30", "--seed 3"])
def test_a_crossover_is_repeated_with_more_time(told: str) -> None:
    """Its rows are no suite's, so no other command would measure them."""
    start = "dlbench crossover --between numpy --and torch --network iris"
    assert command(told=f"{start} {told}", budget_s=30.0) == shlex.split(
        f"{start} --seed 3 --budget 120"
    )

"""Lists, ranges and expressions as the user writes them, right and wrong."""

from math import nan

import pytest

from dlbench.errors import UsageError
from dlbench.syntax import (
    DEEPEST,
    LONGEST_RANGE,
    choice,
    choices,
    expression,
    integers,
    within,
    words,
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([], []),
        ([""], []),
        ([" , ,"], []),
        (["a"], ["a"]),
        (["a,b"], ["a", "b"]),
        (["a", "b"], ["a", "b"]),
        (["b, a ", "c"], ["b", "a", "c"]),
        (["a,b", "b,a"], ["a", "b"]),
    ],
)
def test_words_are_listed_or_repeated_and_kept_once(written, expected) -> None:
    assert words(written) == expected


def test_choices_are_kept_in_the_order_in_which_they_are_written() -> None:
    assert choices("fruit", ["plum,fig"], ["fig", "kiwi", "plum"]) == ["plum", "fig"]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("4-2", "the second number must be larger than the first"),
        ("256-64*2", "the second number must be larger than the first"),
        ("0-4", "the first number must be at least 1"),
        ("1-9*1", "the last number must be at least 2"),
        ("1-9*0", "the last number must be at least 2"),
        ("1-9+0", "the last number must be at least 1"),
        ("1-2000+1", "at most 1000 values"),
    ],
)
def test_a_range_must_grow(wrong: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        integers("--size", [wrong])
    assert str(caught.value) == f"--size {wrong}: {why}."


def test_a_long_range_needs_a_step() -> None:
    assert len(integers("size", ["1-20"])) == 20
    assert len(integers("size", ["32-512+1"])) == 481
    with pytest.raises(UsageError) as caught:
        integers("--batch", ["32-512"])
    assert str(caught.value) == ('--batch "32-512" is 481 values; write "32-512*2" for doubling.')


@pytest.mark.parametrize(
    ("value", "least", "most", "without"),
    [(None, 1, 2, ()), (1, 1, 2, ()), (2, 1, 2, ()), (0.5, 0, 1, (0, 1)), (0, 0, 1, ())],
)
def test_what_lies_within_is_returned(value, least, most, without) -> None:
    assert within("--often", value, least, most, "rarely", without=without) == value


@pytest.mark.parametrize(
    ("value", "without", "written"),
    [(-1, (), "-1"), (101, (), "101"), (0.0, (0,), "0"), (nan, (), "nan"), (2e9, (), "2e+09")],
)
def test_what_lies_outside_is_told_with_the_option(value, without, written) -> None:
    with pytest.raises(UsageError) as caught:
        within("--often", value, 0, 100, without=without)
    assert str(caught.value) == f"--often {written}: a whole number from 0 to 100."


@pytest.mark.parametrize("wrong", ["pear", "x", ""])
def test_a_wrong_choice_is_told_with_all_allowed_ones(wrong: str) -> None:
    complaint = rf"^unknown fruit: '{wrong}'\. Allowed: fig, plum\.$"
    with pytest.raises(UsageError, match=complaint):
        choices("fruit", [wrong], ["fig", "plum"])
    with pytest.raises(UsageError, match=complaint):
        choice("fruit", wrong, ["fig", "plum"])


@pytest.mark.parametrize("wrong", ["plums", "Plum", "plm"])
def test_a_wrong_choice_is_told_with_the_nearest(wrong: str) -> None:
    complaint = rf"^unknown fruit: '{wrong}'\. Allowed: fig, plum\. Did you mean 'plum'\?$"
    with pytest.raises(UsageError, match=complaint):
        choice("fruit", wrong, ["fig", "plum"])


def test_a_single_choice_is_no_list() -> None:
    assert choice("fruit", "fig", ["fig", "plum"]) == "fig"
    with pytest.raises(UsageError, match="unknown fruit: 'fig,plum'"):
        choice("fruit", "fig,plum", ["fig", "plum"])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ([], []),
        (["512"], [512]),
        ([512], [512]),
        (["0512"], [512]),
        (["1,4", "2"], [1, 4, 2]),
        (["1-4"], [1, 2, 3, 4]),
        (["4-4"], [4]),
        (["4-4*2"], [4]),
        (["2-10+2"], [2, 4, 6, 8, 10]),
        (["2-9+3"], [2, 5, 8]),
        (["1-2+5"], [1]),
        (["256-4096*2"], [256, 512, 1024, 2048, 4096]),
        (["3-100*3"], [3, 9, 27, 81]),
        (["1-3", "2-4", "3"], [1, 2, 3, 4]),
        ([f"1-{LONGEST_RANGE}+1"], list(range(1, LONGEST_RANGE + 1))),
        (["9999999"], [9_999_999]),
    ],
)
def test_integers_and_ranges(written: list[str | int], expected: list[int]) -> None:
    assert integers("size", written) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        *("0", "-5", "+5", "abc", "1.5", "1e3", "0x10", "²", "1 2", "512 MB"),
        *("1-", "-", "1--4", "1-4-8", "1:4", "1..4", "1-4/2", "1-4*", "1-4+x", "1-4*-2", "*2"),
        *("4-2", "0-4", "0-4*2", "1-9*1", "1-9*0", "1-9+0"),
        *("1-1000000", f"1-{LONGEST_RANGE + 1}+1"),
        *("10000000", "9" * 5000, "1-99999999*2"),
    ],
)
def test_a_wrong_integer_is_told_with_what_is_allowed(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        integers("size", [wrong])
    message = str(caught.value)
    assert message.startswith("size")
    assert wrong in message
    assert (
        "at least" in message
        or "at most" in message
        or "such as" in message
        or "larger" in message
        or "write" in message
    )


IDS = ["matmul/64x64x64/torch/cpu/eager", "matmul/64x64x64/torch/cpu/compile", "forward/iris/numpy"]
EAGER, COMPILE, NUMPY = IDS


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("torch", [EAGER, COMPILE]),
        ("TORCH and Eager", [EAGER]),
        ("iris/numpy", [NUMPY]),
        ("x", [EAGER, COMPILE]),
        ("nothing", []),
        ("not torch", [NUMPY]),
        ("not not torch", [EAGER, COMPILE]),
        ("torch and eager", [EAGER]),
        ("eager or numpy", [EAGER, NUMPY]),
        ("matmul and not compile", [EAGER]),
        ("numpy or torch and eager", [EAGER, NUMPY]),
        ("torch and eager or numpy", [EAGER, NUMPY]),
        ("(numpy or torch) and eager", [EAGER]),
        ("not (eager or compile)", [NUMPY]),
        ("not numpy and compile", [COMPILE]),
        ("not eager or eager", IDS),
        ("((torch))", [EAGER, COMPILE]),
        ("(torch)and(compile)", [COMPILE]),
        ("  torch \t and\nnot  compile ", [EAGER]),
        ("matmul and torch and compile", [COMPILE]),
        ("iris or eager or compile", IDS),
    ],
)
def test_an_expression_keeps_the_ids_that_it_holds_for(text: str, kept: list[str]) -> None:
    assert list(filter(expression(text), IDS)) == kept


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a word is missing"),
        (" ", "a word is missing"),
        ("and", "a word is missing"),
        ("not", "a word is missing"),
        ("torch and", "a word is missing"),
        ("or torch", "a word is missing"),
        ("torch and or eager", "a word is missing"),
        ("torch not", "'not' stands where"),
        ("()", "a word is missing"),
        ("(torch", "a parenthesis is not closed"),
        ("((torch)", "a parenthesis is not closed"),
        ("torch)", "')' stands where"),
        ("torch eager", "'eager' stands where"),
        ("torch (eager)", "'(' stands where"),
        ("(torch eager)", "a parenthesis is not closed"),
    ],
)
def test_a_wrong_expression_is_told_with_why_and_an_example(text: str, why: str) -> None:
    with pytest.raises(UsageError) as caught:
        expression(text)
    message = str(caught.value)
    assert why in message
    assert repr(text) in message
    assert 'such as "matmul and not xla"' in message


@pytest.mark.parametrize("level", ["(", "not ", "(not "])
@pytest.mark.parametrize("levels", [51, 200, 973, 20_000])
def test_what_is_too_deep_to_be_evaluated_is_refused_when_it_is_read(level, levels) -> None:
    with pytest.raises(UsageError, match="nested too deeply") as caught:
        expression(level * levels + "torch" + ")" * (levels * level.count("(")))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("level", ["(", "not "])
def test_the_deepest_expression_is_evaluated(level: str) -> None:
    text = level * DEEPEST + "torch" + ")" * (DEEPEST * level.count("("))
    assert expression(text)("torch")


def test_many_ranges_together_are_as_long_as_one_at_most() -> None:
    with pytest.raises(UsageError, match="at most 1000 values together"):
        integers("--size", [f"{first}-{first + 998}+1" for first in range(1, 9_000_000, 999)])
    assert len(integers("--size", ["1-1000+1", "1-1000+1", "7"])) == 1000

"""Lists, ranges and expressions as the user writes them, right and wrong."""

import pytest

from dlbench.errors import UsageError
from dlbench.options import LONGEST_RANGE, choice, choices, expression, integers, words


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


@pytest.mark.parametrize("wrong", ["4-2", "0-4", "1-9*1", "1-9*0", "1-9+0"])
def test_a_range_must_grow(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"^size is not a range that grows: ") as caught:
        integers("size", [wrong])
    assert str(caught.value).endswith("Allowed: such as 1-4 or 256-4096*2.")


@pytest.mark.parametrize("wrong", ["pear", "Fig", "fi", ""])
def test_a_wrong_choice_is_told_with_all_allowed_ones(wrong: str) -> None:
    complaint = rf"^unknown fruit: '{wrong}'\. Allowed: fig, plum\.$"
    with pytest.raises(UsageError, match=complaint):
        choices("fruit", [wrong], ["fig", "plum"])
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
        ([f"1-{LONGEST_RANGE}"], list(range(1, LONGEST_RANGE + 1))),
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
        *("1-1000000", f"1-{LONGEST_RANGE + 1}"),
        *("10000000", "9" * 5000, "1-99999999*2"),
    ],
)
def test_a_wrong_integer_is_told_with_what_is_allowed(wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        integers("size", [wrong])
    message = str(caught.value)
    assert message.startswith("size ")
    assert repr(wrong) in message
    assert "Allowed: " in message


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

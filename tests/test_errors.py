"""A message says what was wrong, with which value, what is allowed and what to do next."""

import errno
import os
from functools import partial
from pathlib import Path

import pytest

from dlbench import errors, registry, syntax
from dlbench.errors import (
    DlbenchError,
    PlacementError,
    Unavailable,
    UnreadableResults,
    Unwritable,
    UsageError,
)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "it broke."),
        ({"value": "x"}, "it broke: 'x'."),
        ({"value": 0}, "it broke: 0."),
        ({"value": ""}, "it broke: ''."),
        ({"allowed": "a, b"}, "it broke. Allowed: a, b."),
        ({"hint": "Try a"}, "it broke. Try a."),
        (
            {"value": "x", "allowed": "a, b", "hint": "Try a"},
            "it broke: 'x'. Allowed: a, b. Try a.",
        ),
    ],
)
def test_a_message_is_made_of_what_is_known(parts: dict[str, str], message: str) -> None:
    assert str(DlbenchError("it broke", **parts)) == message


def test_programs_read_the_parts() -> None:
    error = UsageError("it broke", value=3, allowed="1 or 2", hint="Try 1")
    assert (error.value, error.allowed, error.hint) == (3, "1 or 2", "Try 1")
    assert (UsageError("it broke").value, UsageError("it broke").hint) == (None, "")


def test_a_message_in_other_words_has_the_same_parts() -> None:
    error = UsageError.worded("3 broke it; try 1", value=3, allowed="1 or 2", hint="try 1")
    assert (str(error), type(error)) == ("3 broke it; try 1.", UsageError)
    assert (error.value, error.allowed, error.hint) == (3, "1 or 2", "try 1")


@pytest.mark.parametrize(
    ("refuse", "value"),
    [
        (partial(syntax.within, "--often", 7, 1, 3), 7),
        (partial(syntax.integers, "--size", ["0"]), "0"),
        (partial(syntax.integers, "--size", ["8-4"]), "8-4"),
        (partial(syntax.integers, "--size", ["0-4"]), "0-4"),
        (partial(syntax.integers, "--size", ["1-8*1"]), "1-8*1"),
        (partial(syntax.integers, "--size", ["1-9999+1"]), "1-9999+1"),
        (partial(syntax.integers, "--size", ["12345678"]), "12345678"),
        (partial(syntax.choice, "fruit", "pear", ("fig", "plum")), "pear"),
        (partial(syntax.choices, "fruit", ["fig,pear"], ("fig", "plum")), "pear"),
        (partial(syntax.expression, "a and"), "a and"),
        (partial(registry.check, "networks", "nowhere"), "nowhere"),
    ],
)
def test_who_refuses_a_value_keeps_it_and_what_is_allowed(refuse, value) -> None:
    with pytest.raises(UsageError) as caught:
        refuse()
    assert caught.value.value == value
    assert caught.value.allowed
    assert str(value) in str(caught.value)


def test_a_long_range_keeps_its_hint() -> None:
    with pytest.raises(UsageError) as caught:
        syntax.integers("--size", ["1-500"])
    assert (caught.value.value, "1-500*2" in caught.value.hint) == ("1-500", True)


@pytest.mark.parametrize("word", ["PLUM", "plun"])
def test_the_name_that_is_probably_meant_is_in_the_hint(word: str) -> None:
    error = errors.unknown("fruit", word, ("fig", "plum"))
    assert (error.value, error.hint) == (word, "Did you mean 'plum'?")


def test_a_slip_in_the_beginning_of_a_name_is_enough_for_a_hint() -> None:
    names = ("iris", "mnist-128", "mnist-512")
    assert errors.unknown("network", "mnits", names).hint == "Did you mean 'mnist-128'?"
    assert not errors.unknown("network", "cifar", names).hint


def test_full_stops_are_not_doubled() -> None:
    assert str(DlbenchError("it broke.", allowed="a.", hint="Try a.")) == (
        "it broke. Allowed: a. Try a."
    )


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (DlbenchError, 2),
        (UsageError, 2),
        (Unavailable, 2),
        (PlacementError, 2),
        (UnreadableResults, 5),
        (Unwritable, 6),
    ],
)
def test_every_error_has_its_exit_code(kind: type[DlbenchError], code: int) -> None:
    assert kind("it broke").exit_code == code


def test_exit_codes_can_be_told_apart() -> None:
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    assert len(codes) == len(set(codes))
    assert 0 not in codes


def test_what_is_unavailable_is_a_usage_error_and_placement_is_none() -> None:
    assert issubclass(Unavailable, UsageError)
    assert not issubclass(PlacementError, UsageError)
    assert not issubclass(UnreadableResults, UsageError)


def test_a_folder_that_cannot_be_written_is_told_with_the_reason_and_the_option() -> None:
    error = OSError(errno.EACCES, "Permission denied")
    found = errors.unwritable("the report", Path("out"), error, option="-o DIR")
    reason = "cannot write the report (Permission denied): 'out'."
    assert str(found) == f"{reason} Choose another folder with -o DIR."
    assert found.exit_code == errors.EXIT_USAGE
    assert str(errors.unwritable("results", Path("out"), error)).endswith("Choose another folder.")


@pytest.mark.parametrize("number", errors.REMEDIES)
def test_what_only_the_machines_owner_can_mend_has_a_remedy_and_an_exit_code(number) -> None:
    error = OSError(number, os.strerror(number))
    for found in (errors.unwritable("results", Path("out"), error), errors.refused(error)):
        assert (type(found), found.exit_code) == (Unwritable, errors.EXIT_UNWRITABLE)
        assert os.strerror(number) in str(found)
        assert errors.REMEDIES[number] in found.hint


def test_any_refusal_says_what_to_look_at() -> None:
    found = errors.refused(OSError(errno.EPERM, "Operation not permitted", "/tmp/x"))
    assert "Operation not permitted" in str(found)
    assert found.value == "/tmp/x"
    assert "TMPDIR" in found.hint

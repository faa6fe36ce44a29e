"""A message says what was wrong, with which value, what is allowed and what to do next."""

import pytest

from dlbench import errors
from dlbench.errors import DlbenchError, PlacementError, Unavailable, UnreadableResults, UsageError


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

"""The types of what a caller passes."""

from pathlib import Path

import pytest

from dlbench import arguments
from dlbench.errors import UsageError


def test_what_has_the_type_is_returned():
    assert arguments.text("name", "a") == "a"
    assert arguments.flag("quick", value=False) is False
    assert arguments.number("seeds", 3, int) == 3
    assert arguments.number("budget", 3, float) == 3.0
    assert arguments.path("results", "a/b") == arguments.path("results", Path("a/b")) == Path("a/b")


@pytest.mark.parametrize(
    ("check", "value", "allowed"),
    [
        (lambda value: arguments.text("--it", value), 3, "a text"),
        (lambda value: arguments.flag("--it", value), 1, "True or False"),
        (lambda value: arguments.number("--it", value, int), 2.5, "a whole number"),
        (lambda value: arguments.number("--it", value, int), True, "a whole number"),
        (lambda value: arguments.number("--it", value, float), "2", "a number"),
        (lambda value: arguments.path("--it", value), 3, "a path, or a text"),
    ],
)
def test_another_type_is_refused_with_what_is_allowed(check, value, allowed):
    with pytest.raises(UsageError, match="--it has the wrong type") as caught:
        check(value)
    assert (caught.value.value, caught.value.allowed) == (value, allowed)

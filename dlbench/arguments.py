"""Check the types of what a caller passes: a UsageError names the argument and what is allowed."""

from pathlib import Path
from typing import Any, TypeVar

from dlbench.errors import UsageError

N = TypeVar("N", int, float)


def text(name: str, value: Any) -> str:
    """Return the value if it is a text."""
    if not isinstance(value, str):
        raise wrong_type(name, value, "a text")
    return value


def flag(name: str, value: Any) -> bool:
    """Return the value if it is True or False."""
    if not isinstance(value, bool):
        raise wrong_type(name, value, "True or False")
    return value


def number(name: str, value: Any, kind: type[N]) -> N:
    """Return the value as a number of this kind; a whole number may stand for any number."""
    if not is_whole(value) and not (kind is float and isinstance(value, float)):
        raise wrong_type(name, value, "a whole number" if kind is int else "a number")
    return kind(value)


def path(name: str, value: Any) -> Path:
    """Return the value as a path if it is one or a text."""
    if not isinstance(value, str | Path):
        raise wrong_type(name, value, "a path, or a text")
    return Path(value)


def is_whole(value: Any) -> bool:
    """Return whether the value is a whole number; True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def wrong_type(name: str, value: Any, allowed: str) -> UsageError:
    """Return the error for a value of a wrong type."""
    return UsageError(f"{name} has the wrong type", value=value, allowed=allowed)

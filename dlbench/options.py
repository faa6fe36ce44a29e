"""How the user writes lists, ranges and expressions: text in, values or a UsageError out."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from dlbench.errors import UsageError

S = TypeVar("S", bound=str)

_RANGE = re.compile(r"(?P<first>\d+)-(?P<last>\d+)(?:(?P<how>[*+])(?P<by>\d+))?")

# A range is for a sweep; a longer one is a slip of the keyboard, and so is a longer number.
LONGEST_RANGE = 1000
MOST_DIGITS = 7


def words(values: Iterable[str]) -> list[str]:
    """Comma-separated and repeated values as one list, without repetitions."""
    parts = (part.strip() for value in values for part in value.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def choices(what: str, values: Iterable[str], allowed: Sequence[str]) -> list[str]:
    """Words, at least one, that must all be among the allowed ones."""
    return [choice(what, word, allowed) for word in words(values) or [""]]


def choice(what: str, word: str, allowed: Sequence[S]) -> S:
    """The one of the allowed words that is written."""
    for one in allowed:
        if one == word:
            return one
    raise UsageError(f"unknown {what}", value=word, allowed=", ".join(allowed))


def integers(what: str, values: Iterable[str | int]) -> list[int]:
    """Positive integers and ranges: `1-4`, `2-10+2`, `256-4096*2`."""
    found = [n for word in words(map(str, values)) for n in _integers(what, word)]
    return list(dict.fromkeys(found))


def _integers(what: str, word: str) -> list[int]:
    if any(len(digits) > MOST_DIGITS for digits in re.findall(r"\d+", word)):
        raise UsageError(f"{what} is too large", value=word, allowed=f"up to {MOST_DIGITS} digits")
    if word.isdecimal() and int(word) > 0:
        return [int(word)]
    match = _RANGE.fullmatch(word)
    if match is None:
        raise UsageError(
            f"{what} is not a positive integer or a range",
            value=word,
            allowed="such as 512, 1-4, 2-10+2 or 256-4096*2",
        )
    return _range(what, word, match)


def _range(what: str, word: str, match: re.Match[str]) -> list[int]:
    value, last = int(match["first"]), int(match["last"])
    by = int(match["by"] or 1)
    endless = by < 1 or (match["how"] == "*" and by == 1)
    if not 0 < value <= last or endless:
        raise UsageError(
            f"{what} is not a range that grows", value=word, allowed="such as 1-4 or 256-4096*2"
        )
    found = []
    while value <= last:
        found.append(value)
        value = value * by if match["how"] == "*" else value + by
        if len(found) > LONGEST_RANGE:
            raise UsageError(
                f"{what} has too many values", value=word, allowed=f"up to {LONGEST_RANGE}"
            )
    return found


def expression(text: str) -> Callable[[str], bool]:
    """A predicate over ids from words, `and`, `or`, `not` and parentheses, as pytest's -k.

    A word holds where it is part of the id, in capitals or not.
    """
    try:
        return _Expression(text).parse()
    except RecursionError:
        raise UsageError("-k is nested too deeply", value=f"{text[:20]}...") from None


class _Expression:
    """Recursive descent: or_ := and_ (or and_)*; and_ := not_ (and not_)*; not_ := [not] word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = re.findall(r"[()]|[^\s()]+", text)

    def parse(self) -> Callable[[str], bool]:
        predicate = self._or()
        if self.tokens:
            raise self._error(f"{self.tokens[0]!r} stands where the expression could end")
        return predicate

    def _error(self, why: str) -> UsageError:
        return UsageError(
            f"-k cannot be read ({why})",
            value=self.text,
            allowed='words, and, or, not, parentheses, such as "matmul and not xla"',
        )

    def _take(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False

    def _or(self) -> Callable[[str], bool]:
        terms = [self._and()]
        while self._take("or"):
            terms.append(self._and())
        return lambda text: any(term(text) for term in terms)

    def _and(self) -> Callable[[str], bool]:
        terms = [self._not()]
        while self._take("and"):
            terms.append(self._not())
        return lambda text: all(term(text) for term in terms)

    def _not(self) -> Callable[[str], bool]:
        if self._take("not"):
            term = self._not()
            return lambda text: not term(text)
        if self._take("("):
            inner = self._or()
            if not self._take(")"):
                raise self._error("a parenthesis is not closed")
            return inner
        if not self.tokens or self.tokens[0] in {"and", "or", ")"}:
            raise self._error("a word is missing")
        word = self.tokens.pop(0).lower()
        return lambda text: word in text.lower()

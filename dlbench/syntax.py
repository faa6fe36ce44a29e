"""How the user writes lists, ranges and expressions: text in, values or a UsageError out."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from dlbench.errors import UsageError, unknown

S = TypeVar("S", bound=str)


N = TypeVar("N", int, float)


_RANGE = re.compile(r"(?P<first>\d+)-(?P<last>\d+)(?:(?P<how>[*+])(?P<by>\d+))?")


# A range is for a sweep; a longer one is a slip of the keyboard, and so is a longer number.
LONGEST_RANGE = 1000


# Beyond, who writes no step has rather forgotten it.
LONGEST_WITHOUT_STEP = 20


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
    raise unknown(what, word, allowed)


def within(  # noqa: PLR0913 - both ends, and what to say of them
    option: str,
    value: N | None,
    least: float,
    most: float,
    allowed: str = "",
    *,
    without: Sequence[float] = (),
) -> N | None:
    """The number if it lies between two others, which are allowed too unless `without` has them.

    None stays None. allowed: what to say is allowed; a whole number by itself.
    """
    if value is None or (least <= value <= most and value not in without):
        return value
    allowed = allowed or f"a whole number from {least} to {most}"
    raise UsageError(f"{option} {value:{'' if isinstance(value, int) else 'g'}}: {allowed}")


def integers(what: str, values: Iterable[str | int]) -> list[int]:
    """Positive integers and ranges: `1-4`, `2-10+2`, `256-4096*2`."""
    found = [n for word in words(map(str, values)) for n in _integers(what, word)]
    return list(dict.fromkeys(found))


def _integers(what: str, word: str) -> list[int]:
    if any(len(digits) > MOST_DIGITS for digits in re.findall(r"\d+", word)):
        raise UsageError(f"{what} {word}: at most {MOST_DIGITS} digits")
    if word.isdecimal() and int(word) > 0:
        return [int(word)]
    match = _RANGE.fullmatch(word)
    if match is None:
        raise UsageError(
            f"{what} {word}: a positive whole number or a range, such as 512, 1-4, "
            "2-10+2 (steps of 2) or 256-4096*2 (doubling)"
        )
    return _range(what, word, match)


def _range(what: str, word: str, match: re.Match[str]) -> list[int]:
    first, last, by = (int(match[part] or 1) for part in ("first", "last", "by"))
    by_factor = match["how"] == "*"
    if first < 1:
        raise UsageError(f"{what} {word}: the first number must be at least 1")
    if first > last:
        raise UsageError(f"{what} {word}: the second number must be larger than the first")
    if by <= by_factor:
        raise UsageError(f"{what} {word}: the last number must be at least {by_factor + 1}")
    found = list(_growing(first, last, by)) if by_factor else range(first, last + 1, by)
    if match["how"] is None and len(found) > LONGEST_WITHOUT_STEP:
        doubling = f'write "{first}-{last}*2" for doubling'
        raise UsageError(f'{what} "{word}" is {len(found)} values; {doubling}')
    if len(found) > LONGEST_RANGE:
        raise UsageError(f"{what} {word}: at most {LONGEST_RANGE} values")
    return list(found)


def _growing(first: int, last: int, factor: int) -> Iterator[int]:
    while first <= last:
        yield first
        first *= factor


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

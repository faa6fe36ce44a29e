"""Lists, ranges and expressions as the user writes them: text in, values or a UsageError out."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from dlbench.errors import NO_ALIASES, UsageError, unknown

S = TypeVar("S", bound=str)


N = TypeVar("N", int, float)


_RANGE = re.compile(r"(?P<first>\d+)-(?P<last>\d+)(?:(?P<how>[*+])(?P<by>\d+))?")


# A range is for a sweep; a longer one is a slip of the keyboard, and so is a longer number.
LONGEST_RANGE = 1000


# A longer range without a step is probably one whose step was forgotten.
LONGEST_WITHOUT_STEP = 20

MOST_DIGITS = 7


INTEGERS = (
    "a positive whole number or a range, such as 512, 1-4, 2-10+2 (steps of 2) or "
    "256-4096*2 (doubling)"
)


def words(values: Iterable[str]) -> list[str]:
    """Return comma-separated and repeated values as one list, each value once."""
    parts = (part.strip() for value in values for part in value.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def choices(
    what: str,
    values: Iterable[str],
    allowed: Sequence[str],
    aliases: Mapping[str, str] = NO_ALIASES,
) -> list[str]:
    """Split the values into words; each must be allowed, and at least one must be given."""
    return [choice(what, word, allowed, aliases) for word in words(values) or [""]]


def choice(
    what: str, word: str, allowed: Sequence[S], aliases: Mapping[str, str] = NO_ALIASES
) -> S:
    """Return the word if it is allowed; else raise a UsageError that lists the allowed ones.

    aliases: other words, each with the allowed one that the error proposes.
    """
    for one in allowed:
        if one == word:
            return one
    raise unknown(what, word, allowed, aliases=aliases)


def within(  # noqa: PLR0913 - both ends, and what to say of them
    option: str,
    value: N | None,
    least: float,
    most: float,
    allowed: str = "",
    *,
    without: Sequence[float] = (),
) -> N | None:
    """Return the number if least <= value <= most and it is not in `without`; None stays None.

    Raises UsageError otherwise. allowed: its words for the range; by default a whole number.
    """
    if value is None or (least <= value <= most and value not in without):
        return value
    allowed = allowed or f"a whole number from {least} to {most}"
    written = format(value, "" if isinstance(value, int) else "g")
    raise UsageError.worded(f"{option} {written}: {allowed}", value=value, allowed=allowed)


def integers(what: str, values: Iterable[str | int]) -> list[int]:
    """Return positive integers from numbers and ranges: `1-4`, `2-10+2`, `256-4096*2`.

    what: the option, or the place in a file, for the message of a UsageError.
    """
    found: dict[int, None] = {}
    for word in words(map(str, values)):
        found |= dict.fromkeys(_integers(what, word))
        if len(found) > LONGEST_RANGE:
            raise _wrong(what, word, f"at most {LONGEST_RANGE} values together")
    return list(found)


def _integers(what: str, word: str) -> list[int]:
    if any(len(digits) > MOST_DIGITS for digits in re.findall(r"\d+", word)):
        raise _wrong(what, word, f"at most {MOST_DIGITS} digits")
    if word.isdecimal() and int(word) > 0:
        return [int(word)]
    match = _RANGE.fullmatch(word)
    if match is None:
        raise _wrong(what, word, INTEGERS)
    return _range(what, word, match)


def _wrong(what: str, word: str, allowed: str) -> UsageError:
    """The error for a number or range. what: the option, or the place in a file."""
    return UsageError.worded(f"{what} {word}: {allowed}", value=word, allowed=allowed)


def _range(what: str, word: str, match: re.Match[str]) -> list[int]:
    first, last, by = (int(match[part] or 1) for part in ("first", "last", "by"))
    by_factor = match["how"] == "*"
    if first < 1:
        raise _wrong(what, word, "the first number must be at least 1")
    if first > last:
        raise _wrong(what, word, "the second number must be larger than the first")
    if by <= by_factor:
        raise _wrong(what, word, f"the last number must be at least {by_factor + 1}")
    found = list(_growing(first, last, by)) if by_factor else range(first, last + 1, by)
    if match["how"] is None and len(found) > LONGEST_WITHOUT_STEP:
        hint = f'write "{first}-{last}*2" for doubling'
        text = f'{what} "{word}" is {len(found)} values; {hint}'
        raise UsageError.worded(text, value=word, hint=hint)
    if len(found) > LONGEST_RANGE:
        raise _wrong(what, word, f"at most {LONGEST_RANGE} values")
    return list(found)


def _growing(first: int, last: int, factor: int) -> Iterator[int]:
    while first <= last:
        yield first
        first *= factor


# A deeper expression is no one's, and each level takes several calls.
DEEPEST = 50


def expression(text: str, option: str = "-k") -> Callable[[str], bool]:
    """Return a predicate over ids from words, `and`, `or`, `not` and parentheses (pytest's -k).

    A word matches every id that contains it, in capitals or not. Raises UsageError if the text
    cannot be read. option: its name in the error.
    """
    return _Expression(text, option).parse()


class _Expression:
    """Recursive descent: or_ := and_ (or and_)*; and_ := not_ (and not_)*; not_ := [not] word."""

    def __init__(self, text: str, option: str) -> None:
        self.text, self.option = text, option
        self.tokens = re.findall(r"[()]|[^\s()]+", text)
        self.depth = 0

    def parse(self) -> Callable[[str], bool]:
        predicate = self._or()
        if self.tokens:
            raise self._error(f"{self.tokens[0]!r} stands where the expression could end")
        return predicate

    def _error(self, why: str) -> UsageError:
        return UsageError(
            f"{self.option} cannot be read ({why})",
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

    def _deeper(self, part: Callable[[], Callable[[str], bool]]) -> Callable[[str], bool]:
        """Read a part one level deeper; refuse what is too deep to be read or evaluated."""
        self.depth += 1
        if self.depth > DEEPEST:
            allowed = f"at most {DEEPEST} levels"
            what = f"{self.option} is nested too deeply"
            raise UsageError(what, value=f"{self.text[:20]}...", allowed=allowed)
        found = part()
        self.depth -= 1
        return found

    def _not(self) -> Callable[[str], bool]:
        if self._take("not"):
            term = self._deeper(self._not)
            return lambda text: not term(text)
        if self._take("("):
            inner = self._deeper(self._or)
            if not self._take(")"):
                raise self._error("a parenthesis is not closed")
            return inner
        if not self.tokens or self.tokens[0] in {"and", "or", ")"}:
            raise self._error("a word is missing")
        word = self.tokens.pop(0).lower()
        return lambda text: word in text.lower()

"""Inputs that nobody would write: records as their types allow them, and the same with mistakes.

Strategies of hypothesis. What is drawn from a record's type follows the type when it changes.
"""

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

# What a terminal, a page, a spreadsheet, a path or a format takes for more than a text.
HOSTILE = (
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x9b31m",
    "\x7f",
    "\x00",
    "a\nb",
    "<script>alert(1)</script>",
    "<img src=http://x onerror=alert(1)>",
    '" onload="alert(1)',
    "[a](javascript:alert(1))",
    "{{ 7 * 7 }}",
    "[bold]b[/bold]",
    "=1+1",
    "%s",
    "..",
    "../../up",
    "x" * 300,
    "é",
    "\u202eabc",
    "",
)
# No surrogates: they cannot be written as UTF-8.
LETTERS = st.text(max_size=8)
TEXTS = st.one_of(st.sampled_from(HOSTILE), LETTERS)
HUGE = 10**400
NUMBERS = st.one_of(
    st.sampled_from([0, -1, 1, 2**31, 2**63, 2**64, HUGE, 0.0, -0.0, 5e-324, 1e308, -1e308, 0.5]),
    st.integers(-3, 100),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
# Sizes that a type does not bound are drawn up to this: larger ones cost time and find nothing.
LARGEST, MOST_ITEMS = 100, 3


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type of msgspec, as they are read from JSON or TOML."""
    return _of(inspect.type_info(kind))


def _of(kind: inspect.Type) -> st.SearchStrategy[Any]:
    return BY_TYPE.get(type(kind), lambda _: ANYTHING)(kind)


def _whole(kind: inspect.IntType) -> st.SearchStrategy[int]:
    least = kind.ge if kind.ge is not None else 0
    return st.integers(least, min(kind.le or LARGEST, least + LARGEST))


def _number(kind: inspect.FloatType) -> st.SearchStrategy[float]:
    least = kind.ge if kind.ge is not None else kind.gt or 0.0
    most = kind.lt if kind.lt is not None else kind.le or LARGEST
    return st.floats(least, most, exclude_min=kind.ge is None, exclude_max=True)


def _text(kind: inspect.StrType) -> st.SearchStrategy[str]:
    return TEXTS if kind.pattern is None else st.from_regex(kind.pattern, fullmatch=True)


def _list(kind: inspect.ListType | inspect.VarTupleType) -> st.SearchStrategy[list[Any]]:
    least = kind.min_length or 0
    return st.lists(_of(kind.item_type), min_size=least, max_size=least + MOST_ITEMS)


def _table(kind: inspect.StructType) -> st.SearchStrategy[dict[str, Any]]:
    fields = {field.encode_name: (field.required, _of(field.type)) for field in kind.fields}
    required = {name: value for name, (is_required, value) in fields.items() if is_required}
    optional = {name: value for name, (is_required, value) in fields.items() if not is_required}
    if kind.tag is not None:
        required[kind.tag_field] = st.just(kind.tag)
    return st.fixed_dictionaries(required, optional=optional)


BY_TYPE: Mapping[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    inspect.StructType: _table,
    inspect.UnionType: lambda kind: st.one_of([_of(one) for one in kind.types]),
    inspect.LiteralType: lambda kind: st.sampled_from(kind.values),
    inspect.IntType: _whole,
    inspect.FloatType: _number,
    inspect.StrType: _text,
    inspect.DictType: lambda kind: st.dictionaries(
        TEXTS, _of(kind.value_type), max_size=MOST_ITEMS
    ),
    inspect.ListType: _list,
    inspect.VarTupleType: _list,
    inspect.BoolType: lambda _: st.booleans(),
    inspect.NoneType: lambda _: st.none(),
}


@st.composite
def with_mistakes(draw: st.DrawFn, tree: Any, most: int = 3) -> Any:
    """The tree of dicts and lists, with up to so many mistakes anywhere in it."""
    found = copy.deepcopy(tree)
    for _ in range(draw(st.integers(0, most))):
        found = _with_mistake(draw, found)
    return found


def _with_mistake(draw: st.DrawFn, tree: Any) -> Any:
    """Change one place: another value, a field too few or too many, an item twice."""
    places = [(tree, key) for key in _keys(tree)]
    if not places or draw(st.integers(0, 19)) == 0:
        return draw(ANYTHING)
    home, key = draw(st.sampled_from(places))
    while _keys(home[key]) and draw(st.integers(0, 5)):  # mostly down to a leaf
        home = home[key]
        key = draw(st.sampled_from(_keys(home)))
    match draw(st.sampled_from(["other", "other", "other", "less", "more", "same kind"])):
        case "other":
            home[key] = draw(SCALARS)
        case "same kind":
            home[key] = draw(TEXTS if isinstance(home[key], str) else NUMBERS)
        case "less":
            del home[key]
        case "more" if isinstance(home, dict):
            home[draw(TEXTS)] = draw(ANYTHING)
        case "more":
            home.append(copy.deepcopy(home[key]))
    return tree


def _keys(tree: Any) -> list[Any]:
    if isinstance(tree, Mapping):
        return [*tree]
    return [*range(len(tree))] if isinstance(tree, list) else []


@st.composite
def torn(draw: st.DrawFn, content: bytes) -> bytes:
    """The bytes: cut off, with some replaced, with some too many, or the beginning alone."""
    found = bytearray(content)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, max(len(found) - 1, 0)))
        match draw(st.sampled_from(["flip", "cut", "more"])):
            case "flip" if found:
                found[place] = draw(st.integers(0, 255))
            case "cut":
                del found[place:]
            case _:
                found[place:place] = draw(st.binary(max_size=8))
    return bytes(found)


def as_json(tree: Any) -> bytes:
    """The tree as JSON; what is no number there is written as Python would."""
    return json.dumps(tree).encode()


def as_toml(table: Mapping[str, Any]) -> str:
    """The table as TOML, with inner tables written in line."""
    return "".join(f"{json.dumps(key)} = {_value(value)}\n" for key, value in table.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {', '.join(inner)} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if value is None:
        return '"nothing"'  # TOML has no word for it
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, float) and "." not in repr(value):
        return repr(value).replace("e", ".0e") if "e" in repr(value) else repr(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def control_characters(text: str) -> set[str]:
    """Characters that a terminal takes for commands, line breaks and tabs excepted."""
    return {c for c in text if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160}


def words_of(values: Iterable[str]) -> list[str]:
    """Those that no option can take for a place outside the present folder."""
    return [
        value for value in values if "/" not in value and "\\" not in value and "~" not in value
    ]

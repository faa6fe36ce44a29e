"""What is wrong in a table that msgspec refuses, in plain English.

msgspec says where; what may stand there follows from the record's own type.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

from dlbench.errors import UsageError, unknown

_MISSING = "missing required field"


_UNKNOWN = "unknown field"


def explained(where: str, error: msgspec.ValidationError, table: Any, kind: type) -> UsageError:
    """The error for the user. where: what the table is called; kind: what it should be."""
    text, _, path = str(error).partition(" - at ")
    steps = [int(i) if i else name for name, i in re.findall(r"\.(\w+)|\[(\d+)\]", path)]
    field = "" if _MISSING in text or _UNKNOWN in text else _last_name(steps)
    place = ", ".join([where, *_places(steps, has_field=bool(field))])
    wanted, value = inspect.type_info(kind), table
    for step in steps:
        if step == "type":
            tags = [str(one.tag) for one in _structs(wanted)]
            return _named(place, "type", value["type"], tags)
        wanted, value = _inside(wanted, value, step)
    if _MISSING in text:
        return UsageError(f"{place}: {_quoted(text)} is missing")
    if _UNKNOWN in text:
        return _no_field(place, _quoted(text), _struct(wanted, value))
    if isinstance(wanted, inspect.LiteralType) and isinstance(value, str):
        return _named(place, field, value, [str(one) for one in wanted.values])
    return UsageError(f"{place}: {field} is {_written(value)} and must be {_wanted(wanted, value)}")


def _last_name(steps: list[Any]) -> str:
    """What is said to be wrong: the field, or a whole layer."""
    if steps[-1:] and isinstance(steps[-1], int) and steps[-2] == "layers":
        return "it"
    return next((step for step in reversed(steps) if isinstance(step, str)), "it")


def _places(steps: list[Any], *, has_field: bool) -> list[str]:
    """The way to the field: layers by number from 1, tables by name."""
    found = [
        f"layer {step + 1}" if isinstance(step, int) else str(step)
        for before, step in zip(["", *steps], steps, strict=False)
        if step != "layers" and (before == "layers" or isinstance(step, str))
    ]
    is_layer = steps[-2:-1] == ["layers"]
    return found[:-1] if has_field and found and not is_layer else found


def _inside(wanted: Any, value: Any, step: Any) -> tuple[Any, Any]:
    if isinstance(step, int):
        return wanted.item_type, value[step]
    fields = {field.name: field.type for field in _struct(wanted, value).fields}
    return fields[step], value[step]


def _structs(wanted: Any) -> list[inspect.StructType]:
    kinds = wanted.types if isinstance(wanted, inspect.UnionType) else (wanted,)
    return [one for one in kinds if isinstance(one, inspect.StructType)]


def _struct(wanted: Any, value: Any) -> inspect.StructType:
    """The record that a table is, by its type where there are several."""
    found = _structs(wanted)
    tag = value.get("type") if isinstance(value, Mapping) else None
    return next((one for one in found if one.tag == tag), found[0])


def _no_field(place: str, field: str, struct: inspect.StructType) -> UsageError:
    names = [one.name for one in struct.fields]
    near = unknown("field", field, names, allowed=", ".join(names))
    text = str(near).removeprefix("unknown field: ")
    of = f"Allowed for {struct.tag}:" if struct.tag else "Allowed:"
    return UsageError(f"{place}: unknown field {text}".replace("Allowed:", of, 1))


def _named(place: str, what: str, word: Any, names: list[str]) -> UsageError:
    text = str(unknown(what, str(word), names)).removeprefix(f"unknown {what}: ")
    return UsageError(f"{place}: unknown {what} {text}")


def _quoted(text: str) -> str:
    """The name that stands between the quotes of msgspec."""
    return text.split("`")[-2]


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _wanted(wanted: Any, value: Any) -> str:  # noqa: PLR0911 - a table of types
    match wanted:
        case inspect.IntType():
            return f"a whole number {_bounds(wanted, value)}"
        case inspect.FloatType():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            bounds = _bounds(wanted, value).removeprefix("of ")
            return bounds if is_number else f"a number {bounds}"
        case inspect.StrType(pattern=str()):
            return "a name of letters, digits, '_', '.' and '-'"
        case inspect.LiteralType():
            return f"one of {', '.join(map(str, wanted.values))}"
        case inspect.VarTupleType():
            return "a list" if wanted.min_length is None else "a list of at least one value"
        case inspect.StructType() | inspect.UnionType():
            return 'a table, such as { type = "..." }'
    return "a text"


def _bounds(wanted: Any, value: Any) -> str:
    """The ends of a range; an upper end that only catches slips is told where it is passed."""
    number = value if isinstance(value, int | float) else 0
    if wanted.le is not None and number > wanted.le:
        return f"of at most {wanted.le:,.0f}"
    least = f"from {wanted.ge:g}" if wanted.ge is not None else f"above {wanted.gt:g}"
    if wanted.lt is not None:
        return f"{least} to below {wanted.lt:g}"
    return f"{least} on" if wanted.ge is not None else least

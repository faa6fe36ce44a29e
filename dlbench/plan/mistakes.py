"""Convert a table into a record, and explain mistakes in plain English.

msgspec says where a mistake is. The record's type says what is allowed there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from dlbench.errors import UsageError, unknown

T = TypeVar("T")

# msgspec's words for these mistakes.
_MISSING = "missing required field"
_UNKNOWN = "unknown field"


def converted(place: str, table: Any, kind: type[T]) -> T:
    """Return the table as a record of this kind.

    Raises a UsageError that begins with the place, and names the field, its value and what is
    allowed.
    """
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise _explained(place, error, table, kind) from error


def values_of(
    place: str, table: Mapping[str, Any], names: Sequence[str], kind: Any
) -> dict[str, Any]:
    """Return the table as a dict.

    Raises a UsageError if a field has none of the names, or a value that is not of this kind.
    """
    for field, value in table.items():
        if field not in names:
            raise _named(place, "field", field, names)
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            must = _wanted(inspect.type_info(kind), value, field)
            raise wrong(place, field, value, must) from error
    return dict(table)


def _explained(where: str, error: msgspec.ValidationError, table: Any, kind: type) -> UsageError:
    text, _, path = str(error).partition(" - at ")
    steps = [int(i) if i else name for name, i in re.findall(r"\.(\w+)|\[(\d+)\]", path)]
    field = "" if _MISSING in text or _UNKNOWN in text else _last_name(steps)
    place = ", ".join([where, *_places(steps, has_field=bool(field))])
    wanted, value = inspect.type_info(kind), table
    for step in steps:
        if isinstance(wanted, inspect.ListType) and isinstance(wanted.item_type, inspect.DictType):
            break
        if step == "type":
            tags = [str(struct.tag) for struct in _structs(wanted)]
            return _named(place, "type", value["type"], tags)
        wanted, value = _inside(wanted, value, step)
    if _MISSING in text:
        return _missing(place, _quoted(text), wanted, value)
    if _UNKNOWN in text:
        return _no_field(place, _quoted(text), _struct(wanted, value))
    if isinstance(wanted, inspect.LiteralType) and isinstance(value, str):
        return _named(place, field, value, [str(allowed) for allowed in wanted.values])
    return wrong(place, field, value, _wanted(wanted, value, field))


def wrong(place: str, field: str, value: Any, must: str) -> UsageError:
    """Return the error for a field with a wrong value. must: what the value must be."""
    text = f"{place}: {field} is {_written(value)} and must be {must}"
    return UsageError.worded(text, value=value, allowed=must)


def _last_name(steps: list[Any]) -> str:
    """Return the name of the wrong field, or `it` for a whole layer."""
    if steps[-1:] and isinstance(steps[-1], int) and steps[-2] == "layers":
        return "it"
    return next((step for step in reversed(steps) if isinstance(step, str)), "it")


def _places(steps: list[Any], *, has_field: bool) -> list[str]:
    """Return the tables and layers around the field: layers by number from 1, tables by name."""
    places = [
        f"layer {step + 1}" if isinstance(step, int) else str(step)
        for before, step in zip(["", *steps], steps, strict=False)
        if step != "layers" and (before == "layers" or isinstance(step, str))
    ]
    is_layer = steps[-2:-1] == ["layers"]
    return places[:-1] if has_field and places and not is_layer else places


def _inside(wanted: Any, value: Any, step: Any) -> tuple[Any, Any]:
    if isinstance(step, int):
        return (_pair(wanted) or wanted).item_type, value[step]
    fields = {field.name: field.type for field in _struct(wanted, value).fields}
    return fields[step], value[step]


# A size of both sides of an image, or of each.
SIDES = "a whole number from 1 on, or two of them, [height, width]"


def _pair(wanted: Any) -> inspect.VarTupleType | None:
    kinds = wanted.types if isinstance(wanted, inspect.UnionType) else ()
    return next((kind for kind in kinds if isinstance(kind, inspect.VarTupleType)), None)


# A value that may be written once or as a list.
NAMES = "a name or a whole number, or a list of them"


def _structs(wanted: Any) -> list[inspect.StructType]:
    kinds = wanted.types if isinstance(wanted, inspect.UnionType) else (wanted,)
    return [kind for kind in kinds if isinstance(kind, inspect.StructType)]


def _struct(wanted: Any, value: Any) -> inspect.StructType:
    """Return the record of a table; of several, the one with the table's type."""
    structs = _structs(wanted)
    tag = value.get("type") if isinstance(value, Mapping) else None
    return next((struct for struct in structs if struct.tag == tag), structs[0])


def _missing(place: str, field: str, wanted: Any, table: Mapping[str, Any]) -> UsageError:
    """The error for a missing field, or for a field whose name may be a slip of it.

    Of a missing type msgspec says only this, whatever other fields there are.
    """
    structs = _structs(wanted)
    if field != "type":
        return UsageError(f"{place}: {field} is missing")
    names = dict.fromkeys(["type", *(one.name for struct in structs for one in struct.fields)])
    for written in table:
        if written not in names:
            return _named(place, "field", written, list(names))
    return UsageError(f"{place}: type is missing", allowed=", ".join(str(s.tag) for s in structs))


def _no_field(place: str, field: str, struct: inspect.StructType) -> UsageError:
    names = [known.name for known in struct.fields]
    return _named(place, "field", field, names, of=f" for {struct.tag}" if struct.tag else "")


def _named(place: str, what: str, word: Any, names: Sequence[str], of: str = "") -> UsageError:
    """Return the error for an unknown name. names: those allowed; of: the type that has them."""
    near = unknown(what, str(word), names)
    text = f"{place}: unknown {what} {word!r}. Allowed{of}: {near.allowed}. {near.hint}".rstrip()
    return UsageError.worded(text, value=word, allowed=near.allowed, hint=near.hint)


def _quoted(text: str) -> str:
    """Return the name in msgspec's message, which stands between backquotes."""
    return text.split("`")[-2]


def _written(value: Any) -> str:
    """Return the value in TOML's notation."""
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _wanted(wanted: Any, value: Any, field: str) -> str:  # noqa: PLR0911 - a table of types
    match wanted:
        case inspect.DictType():
            return f"a table, written [{field}]"
        case inspect.ListType(item_type=inspect.DictType()):
            return f"tables, each written [[{field}]]"
        case inspect.UnionType() if not _structs(wanted):
            return SIDES if _pair(wanted) else NAMES
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
    return "true or false" if isinstance(wanted, inspect.BoolType) else "a text"


def _bounds(wanted: Any, value: Any) -> str:
    """Return the range in words; the upper bound on typing errors only if the value exceeds it."""
    number = value if isinstance(value, int | float) else 0
    if wanted.le is not None and number > wanted.le:
        return f"of at most {wanted.le:,.0f}"
    least = f"from {wanted.ge:g}" if wanted.ge is not None else f"above {wanted.gt:g}"
    if wanted.lt is not None:
        return f"{least} to below {wanted.lt:g}"
    return f"{least} on" if wanted.ge is not None else least

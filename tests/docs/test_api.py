"""docs/api.md has every public name of dlbench with its signature and docstring.

The page is generated: running this file writes it anew.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

import dlbench

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
MARK = "<!-- generated from here on: python tests/docs/test_api.py -->\n"
# The path of modules before a name.
MODULES = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])")
LONGEST_LINE = 80


def generated() -> str:
    """Every public name, in the order of `dlbench.__all__`."""
    return "\n".join(part for name in dlbench.__all__ for part in entry(name))


def entry(name: str) -> Iterator[str]:
    """The heading, signature and docstring of a name, and its members if it is a class."""
    member = getattr(dlbench, name)
    yield f"## `{name}`\n"
    if inspect.isfunction(member) or is_dataclass(member):
        yield described(f"dlbench.{name}", member)
        return
    yield docstring(member)
    if issubclass(member, Struct):
        yield options(member)
    else:
        yield from (described(*one) for one in members(member))


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class defines itself."""
    for name, member in vars(kind).items():
        is_shown = isinstance(member, property) or inspect.isfunction(member)
        if is_shown and not name.startswith("_"):
            yield name, member


def described(name: str, member: Any) -> str:
    """A signature and its docstring; a property has no arguments."""
    if isinstance(member, property):
        kind = annotation(inspect.signature(member.fget).return_annotation)
        return f"```\n{name}: {kind}\n```\n\n{docstring(member.fget)}"
    return f"```\n{name}{signature(member)}\n```\n\n{docstring(member)}"


def signature(function: Callable[..., Any]) -> str:
    """The signature without self, as one line or, if it is long, one line per argument."""
    whole = inspect.signature(function)
    texts = [*parameters(one for one in whole.parameters.values() if one.name != "self")]
    result = whole.return_annotation
    returned = "" if result in {inspect.Signature.empty, None} else f" -> {annotation(result)}"
    line = f"({', '.join(texts)}){returned}"
    if len(line) <= LONGEST_LINE:
        return line
    return "(\n" + "".join(f"    {text},\n" for text in texts) + f"){returned}"


def parameters(given: Iterable[inspect.Parameter]) -> Iterator[str]:
    """The parameters as text, with a star before the first that is given by name only."""
    starred = False
    for one in given:
        if one.kind is one.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        stars = "**" if one.kind is one.VAR_KEYWORD else ""
        default = getattr(one.default, "__name__", repr(one.default))
        end = "" if one.default is one.empty else f" = {default}"
        yield f"{stars}{one.name}: {annotation(one.annotation)}{end}"


def annotation(kind: Any) -> str:
    """A type with short names."""
    text = kind if isinstance(kind, str) else inspect.formatannotation(kind)
    return MODULES.sub("", text)


def options(kind: type[Struct]) -> str:
    """The fields of a request as a table."""
    lines = [f"| `{one.name}` | {type_of(one.type)} | {default(one)} |\n" for one in fields(kind)]
    return "| field | type | default |\n| --- | --- | --- |\n" + "".join(lines)


def type_of(kind: Any) -> str:
    """The type of a field for a reader."""
    named = {tuple[str, ...]: "words", str: "text", int: "integer", float: "number", bool: "bool"}
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in get_args(kind))
    parts = [part for part in get_args(kind) if part is not NoneType]
    return named[kind] if kind in named else type_of(parts[0])


def default(field: Any) -> str:
    if field.default is NODEFAULT:
        return "required"
    return "" if field.default in {None, (), ""} else f"`{field.default!r}`"


def docstring(member: Any) -> str:
    return f"{inspect.getdoc(member)}\n"


def test_the_page_is_that_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(MARK)[2] == "\n" + generated(), (
        "write it anew: python tests/docs/test_api.py"
    )


def test_every_public_name_has_an_entry_with_its_arguments() -> None:
    page = generated()
    assert [f"## `{name}`\n" in page for name in dlbench.__all__] == [True] * len(dlbench.__all__)
    for parameter in inspect.signature(dlbench.run).parameters:
        assert parameter in page


def test_a_signature_is_short_and_plain() -> None:
    def example(self, one: "Path | None" = None, *, two: Callable[..., int] = len) -> Path: ...

    assert signature(example) == (
        "(one: Path | None = None, *, two: Callable[..., int] = len) -> Path"
    )


if __name__ == "__main__":
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(f"{head}{MARK}\n{generated()}", encoding="utf-8")

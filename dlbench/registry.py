"""The registry: the members of a family are the files and folders in its folder.

A member is `<name>.py`, or a folder `<name>/` with an `__init__.py`. They are read without an
import: the description of a member is the first line of its docstring, and its properties are the
literal `DECLARATION` in its source. Two names are no members: `base.py` is the family's contract,
and `_x.py` is private to the folder.
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from dlbench.errors import unknown

T = TypeVar("T")


PACKAGE = Path(__file__).parent


# The module with the contract of a family; it is no member.
CONTRACT = "base"


@cache
def names(family: str, suffix: str = ".py") -> tuple[str, ...]:
    """Return the sorted names of the members of `dlbench/<family>/`."""
    found = {file.stem for file in (PACKAGE / family).glob(f"*{suffix}")}
    found |= {file.parent.name for file in (PACKAGE / family).glob(f"*/__init__{suffix}")}
    return tuple(sorted(n for n in found if not n.startswith("_") and n != CONTRACT))


def check(family: str, name: str, suffix: str = ".py") -> str:
    """The name, if the family has it; else a UsageError that lists those it has."""
    if name not in names(family, suffix):
        raise unknown(family.removesuffix("s"), name, names(family, suffix))
    return name


@cache
def _source(family: str, name: str) -> ast.Module:
    return ast.parse(_file(family, name).read_text(encoding="utf-8"))


def _file(family: str, name: str) -> Path:
    """Return the file with the docstring of a member; of a folder its `__init__.py`."""
    folder = PACKAGE / family / check(family, name)
    return folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")


def about(family: str, name: str) -> str:
    """Return the first line of a member's docstring."""
    return (ast.get_docstring(_source(family, name)) or "").partition("\n")[0]


def declaration(family: str, name: str, kind: type[T]) -> T:
    """The member's literal `DECLARATION`, converted."""
    from msgspec import convert

    for node in _source(family, name).body:
        if isinstance(node, ast.Assign) and "DECLARATION" in map(ast.unparse, node.targets):
            return convert(ast.literal_eval(node.value), kind)
    file = _file(family, name).relative_to(PACKAGE).as_posix()
    raise LookupError(f"dlbench/{file} has no literal DECLARATION")


def has_part(family: str, name: str, part: str) -> bool:
    """Return whether a member is a folder with this file."""
    return (PACKAGE / family / check(family, name) / f"{part}.py").is_file()


def load(family: str, name: str, part: str = "") -> ModuleType:
    """Import the member; for a backend this imports its framework.

    Of a folder it is a part, by default the one named as a member of the family: `backend.py`.
    """
    module = f"dlbench.{family}.{check(family, name)}"
    is_folder = _file(family, name).name == "__init__.py"
    return import_module(f"{module}.{part or family.removesuffix('s')}" if is_folder else module)

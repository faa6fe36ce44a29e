"""A family's folder is its registry: members are its files, read without importing them.

The description of a member is the first line of its docstring; what else it says of itself
before it is imported is the literal `DECLARATION` in its source.
"""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from dlbench.errors import UsageError

T = TypeVar("T")

PACKAGE = Path(__file__).parent


@cache
def names(family: str, suffix: str = ".py") -> tuple[str, ...]:
    """The members of `dlbench/<family>/`, sorted."""
    files = (PACKAGE / family).glob(f"*{suffix}")
    return tuple(sorted(f.stem for f in files if not f.stem.startswith("_")))


def check(family: str, name: str, suffix: str = ".py") -> str:
    """The name, if the family has it; else a UsageError that lists those it has."""
    if name not in names(family, suffix):
        allowed = ", ".join(names(family, suffix))
        raise UsageError(f"unknown {family.removesuffix('s')}", value=name, allowed=allowed)
    return name


@cache
def _source(family: str, name: str) -> ast.Module:
    check(family, name)
    return ast.parse((PACKAGE / family / f"{name}.py").read_text(encoding="utf-8"))


def about(family: str, name: str) -> str:
    """The first line of the member's docstring."""
    return (ast.get_docstring(_source(family, name)) or "").partition("\n")[0]


def declaration(family: str, name: str, kind: type[T]) -> T:
    """The member's literal `DECLARATION`, converted."""
    from msgspec import convert

    for node in _source(family, name).body:
        if isinstance(node, ast.Assign) and "DECLARATION" in map(ast.unparse, node.targets):
            return convert(ast.literal_eval(node.value), kind)
    raise LookupError(f"dlbench/{family}/{name}.py has no literal DECLARATION")


def load(family: str, name: str) -> ModuleType:
    """Import the member; for a backend this imports its framework."""
    return import_module(f"dlbench.{family}.{check(family, name)}")

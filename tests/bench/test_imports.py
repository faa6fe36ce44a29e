"""The scripts of bench/ run by hand and rarely: what they import of dlbench exists."""

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
SCRIPTS = sorted(BENCH.rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """Every name that the script imports from a module of dlbench."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dlbench"):
            yield from ((node.module or "", alias.name) for alias in node.names)


def exists(module: str, name: str) -> bool:
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) > 10
    assert any(list(imported(path)) for path in SCRIPTS)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(BENCH).as_posix())
def test_what_it_imports_exists(path: Path) -> None:
    assert [f"{module}.{name}" for module, name in imported(path) if not exists(module, name)] == []

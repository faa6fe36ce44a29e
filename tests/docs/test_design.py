"""docs/design.md names rooms, modules and nouns that exist, and the rule that is enforced."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import dlbench

ROOT = Path(__file__).parents[2]
PACKAGE = Path(dlbench.__file__).parent
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`\n]+)`")
# Nouns of the page that are properties of a record, not records of their own.
NOT_CLASSES = {"Null", "Generation"}


def section(heading: str) -> str:
    """The text below a heading, up to the next one."""
    assert f"\n## {heading}\n" in PAGE
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def first_cells(text: str) -> Iterator[str]:
    """The first column of the tables of a text, without heads."""
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")]
    return (
        cell for cell, rule in zip(cells, [*cells[1:], ""], strict=True) if "---" not in cell + rule
    )


def rule() -> list[list[str]]:
    """The rooms of the one rule, those of equal height together, from top to bottom."""
    line = next(block for block in PAGE.split("```") if block.startswith("\ncommands >"))
    return [[room.strip() for room in height.split(",")] for height in line.split(">")]


def contract() -> list[set[str]]:
    """The layers of the package that import-linter enforces, from top to bottom."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    whole = next(one for one in contracts if one.get("containers") == ["dlbench"])
    return [{room.strip() for room in layer.split("|")} for layer in whole["layers"]]


def modules() -> set[str]:
    """Every module and folder of the package, by its name without `dlbench.`."""
    paths = [path for path in PACKAGE.rglob("*") if path.is_dir() or path.suffix == ".py"]
    parts = (path.relative_to(PACKAGE).with_suffix("").parts for path in paths)
    return {".".join(one) for one in parts if not {*one} & {"__pycache__", "__init__"}} - {
        "__main__"
    }


MODULES = modules()
FOLDERS = {path.name for path in PACKAGE.iterdir() if path.is_dir()}


def meant(name: str) -> list[str]:
    """The modules that a name can mean: a room, or all whose whole name ends in it."""
    return (
        [name]
        if name in MODULES
        else [module for module in MODULES if f".{module}".endswith(f".{name}")]
    )


def defined(module: str) -> set[str]:
    """What a module defines at its top level."""
    file = PACKAGE.joinpath(*module.split(".")).with_suffix(".py")
    body = ast.parse(file.read_text(encoding="utf-8")).body if file.exists() else []
    return {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def resolves(name: str) -> bool:
    """Whether a name means exactly one module, or one function or class of exactly one module."""
    if modules := meant(name):
        return len(modules) == 1
    module, _, attribute = name.rpartition(".")
    modules = meant(module)
    return len(modules) == 1 and attribute in defined(modules[0])


def classes() -> set[str]:
    return {
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }


def exists(path: str) -> bool:
    return path.startswith("_") or any(PACKAGE.rglob(path))


WALK = CODE.findall(section("One case on its way"))
FILES = [name for name in CODE.findall(PAGE) if name.endswith((".py", ".toml"))]
NAMES = [name for name in WALK if name not in FILES and name != "dlbench."]
NOUNS = [name for name in NAMES if name[0].isupper()]


def test_the_table_names_every_room_and_no_other() -> None:
    named = [name for cell in first_cells(section("The rooms")) for name in CODE.findall(cell)]
    paths = [path for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"]
    there = {path.stem for path in paths if not path.name.startswith("__")}
    assert set(named) == there
    assert len(named) == len(there)


def test_the_rule_is_the_one_that_import_linter_enforces() -> None:
    rooms = [layer & FOLDERS for layer in contract()]
    assert [{*height} for height in rule()] == [layer for layer in rooms if layer]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOUNS])
def test_a_module_of_the_walk_is_there(name: str) -> None:
    assert resolves(name)


def test_the_walk_has_all_rooms_of_the_way_of_the_data() -> None:
    rooms = {module.partition(".")[0] for name in NAMES for module in meant(name)}
    assert {"plan", "harness", "results", "analysis", "report", "commands"} <= rooms


def test_every_noun_is_a_class() -> None:
    nouns = {noun for cell in first_cells(section("The nouns")) for noun in cell.split(", ")}
    assert nouns >= {"Case", "Row"}
    assert nouns - NOT_CLASSES | {*NOUNS} <= classes()


def test_every_file_that_is_named_is_there() -> None:
    assert FILES
    assert [path for path in FILES if not exists(path)] == []


@pytest.mark.parametrize("name", ["plan.no_such", "worker.blocks.NoSuch", "case", "nothing"])
def test_a_wrong_or_ambiguous_name_is_noticed(name: str) -> None:
    assert not resolves(name)

"""What docs/design.md says of the source, held by reading the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import dlbench
from dlbench import registry

PACKAGE = Path(dlbench.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
BACKENDS = PACKAGE / "backends"
FRAMEWORKS = {"torch", "tensorflow", "keras", "jax", "flax"}
# What the files of a backend may name: the framework that it is for, and what belongs to it.
OWN = {"torch": {"torch"}, "tensorflow": {"tensorflow", "keras"}, "jax": {"jax", "flax"}}
MOST_LINES = 300

every_file = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix()
)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(module: ast.Module) -> Iterator[str]:
    """Every module that is imported anywhere in a file, by its whole name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def constants(module: ast.Module) -> Iterator[str]:
    """Every text in a file."""
    return (
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def called(module: ast.Module) -> Iterator[str]:
    """Every function that is called in a file, as it is written."""
    return (ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call))


@every_file
def test_a_framework_is_named_in_its_own_backend_only(path: Path) -> None:
    is_backend = path.parent.parent == BACKENDS
    foreign = FRAMEWORKS - (OWN.get(path.parent.name, set()) if is_backend else set())
    module = tree(path)
    assert {name.partition(".")[0] for name in imported(module)} & foreign == set()
    assert set(constants(module)) & foreign == set()


def test_the_rule_would_notice_a_framework() -> None:
    module = ast.parse("import torch.nn\nfrom keras import layers\nif name == 'jax': pass")
    assert {"torch.nn", "keras", "keras.layers"} <= set(imported(module))
    assert "jax" in set(constants(module))


@every_file
def test_only_the_worker_loads_a_backend_and_backends_know_no_other(path: Path) -> None:
    """By its name, that is; what they have in common is the family's base.py."""
    known = ["dlbench.backends.base"]
    if path.parent.parent == BACKENDS:
        known.append(f"dlbench.backends.{path.parent.name}.")
    names = {name for name in imported(tree(path)) if name.startswith("dlbench.backends")}
    assert {name for name in names if not name.startswith(tuple(known))} == set()


@every_file
def test_no_module_is_named_after_nothing(path: Path) -> None:
    meaningless = {"utils", "util", "helpers", "helper", "common", "core", "misc", "manager"}
    assert meaningless & {part.strip("_") for part in path.relative_to(PACKAGE).parts} == set()
    assert path.stem.strip("_") not in meaningless


def test_the_package_itself_holds_only_the_version() -> None:
    docstring, version = tree(PACKAGE / "__init__.py").body
    assert isinstance(docstring, ast.Expr)
    assert ast.unparse(version) == f"__version__ = '{dlbench.__version__}'"


@every_file
def test_nothing_read_is_executed(path: Path) -> None:
    module = tree(path)
    dangerous = {"eval", "exec", "compile", "__import__", "yaml.load", "os.system", "os.popen"}
    assert set(called(module)) & dangerous == set()
    modules = {name.partition(".")[0] for name in imported(module)}
    assert modules & {"pickle", "dill", "cloudpickle", "marshal", "shelve", "yaml"} == set()


@every_file
def test_a_file_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@every_file
def test_a_file_says_what_it_is_for(path: Path) -> None:
    summary = (ast.get_docstring(tree(path)) or "").partition("\n\n")[0]
    assert summary.endswith((".", "?"))


def test_every_backend_has_its_declaration_and_its_start() -> None:
    for name in registry.names("backends"):
        defined = {getattr(node, "name", "") for node in tree(BACKENDS / name / "backend.py").body}
        assert "start" in defined
        assert registry.declaration("backends", name, dict)["package"]

"""What docs/design.md says of the source, held by reading the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import dlbench
from dlbench import registry
from fakes.package import FAMILIES

PACKAGE = Path(dlbench.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
BACKENDS = PACKAGE / "backends"
FRAMEWORKS = {"torch", "tensorflow", "keras", "jax", "flax"}
# What the files of a backend may name: the framework that it is for, and what belongs to it.
OWN = {
    "torch": {"torch", "keras"},
    "tensorflow": {"tensorflow", "keras"},
    "jax": {"jax", "flax", "keras"},
    "_keras": {"keras"},
    "_keras_layers": {"keras"},
}

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
    owner = path.parent.name if is_backend else path.stem if path.parent == BACKENDS else ""
    foreign = FRAMEWORKS - OWN.get(owner, set())
    module = tree(path)
    assert {name.partition(".")[0] for name in imported(module)} & foreign == set()
    assert set(constants(module)) & foreign == set()


def test_the_rule_would_notice_a_framework() -> None:
    module = ast.parse("import torch.nn\nfrom keras import layers\nif name == 'jax': pass")
    assert {"torch.nn", "keras", "keras.layers"} <= set(imported(module))
    assert "jax" in set(constants(module))


@every_file
def test_only_the_worker_loads_a_backend_and_backends_know_no_other(path: Path) -> None:
    """By its name, that is; in common they have base.py, and what is private to their folder."""
    known = ["dlbench.backends.base"]
    if BACKENDS in path.parents:
        known.append("dlbench.backends._")
    if path.parent.parent == BACKENDS:
        known += [f"dlbench.backends.{path.parent.name}.", "dlbench.backends._"]
    names = {name for name in imported(tree(path)) if name.startswith("dlbench.backends")}
    assert {name for name in names if not name.startswith(tuple(known))} == set()


def imports_of_members(package: Path, family: str) -> set[tuple[str, str]]:
    """Each file of a family that imports a member to which the file does not belong."""
    folder = package / family
    members = {
        path.stem for path in folder.iterdir() if path.stem != "base" and path.stem[0] != "_"
    }
    found = set()
    for path in folder.rglob("*.py"):
        place = path.relative_to(folder)
        others = members - {place.parts[0].removesuffix(".py")}
        names = {tuple(name.split(".")[:3]) for name in imported(tree(path))}
        found |= {(place.as_posix(), one) for one in others if ("dlbench", family, one) in names}
    return found


@pytest.mark.parametrize("family", FAMILIES)
def test_members_of_a_family_do_not_import_each_other(family: str) -> None:
    """What they share is in the family's base.py, or in a module that is private to the folder."""
    assert imports_of_members(PACKAGE, family) == set()


def test_the_rule_would_notice_a_member_that_imports_another(tmp_path: Path) -> None:
    (tmp_path / "charts" / "pie").mkdir(parents=True)
    for path, line in (
        ("base", "from dlbench.charts import bars"),
        ("_ink", "import dlbench.charts.pie.crust"),
        ("bars", "from dlbench.charts import _ink, base, bars"),
        ("pie/__init__", "from dlbench.charts.pie import crust"),
        ("pie/crust", "from dlbench.charts.bars import height"),
    ):
        (tmp_path / "charts" / f"{path}.py").write_text(line, encoding="utf-8")
    found = {("base.py", "bars"), ("_ink.py", "pie"), ("pie/crust.py", "bars")}
    assert imports_of_members(tmp_path, "charts") == found


@every_file
def test_no_module_is_named_after_nothing(path: Path) -> None:
    meaningless = {"utils", "util", "helpers", "helper", "common", "core", "misc", "manager"}
    assert meaningless & {part.strip("_") for part in path.relative_to(PACKAGE).parts} == set()
    assert path.stem.strip("_") not in meaningless


@every_file
def test_nothing_read_is_executed(path: Path) -> None:
    module = tree(path)
    dangerous = {"eval", "exec", "compile", "__import__", "yaml.load", "os.system", "os.popen"}
    assert set(called(module)) & dangerous == set()
    modules = {name.partition(".")[0] for name in imported(module)}
    assert modules & {"pickle", "dill", "cloudpickle", "marshal", "shelve", "yaml"} == set()


@every_file
def test_a_file_says_what_it_is_for(path: Path) -> None:
    summary = (ast.get_docstring(tree(path)) or "").partition("\n\n")[0]
    assert summary.endswith((".", "?"))


def test_every_backend_has_its_declaration_and_its_start() -> None:
    for name in registry.names("backends"):
        defined = {getattr(node, "name", "") for node in tree(BACKENDS / name / "backend.py").body}
        assert "start" in defined
        assert registry.declaration("backends", name, dict)["package"]

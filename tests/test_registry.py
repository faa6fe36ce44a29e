"""A family's folder is its registry: what it says of its members without importing them."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from dlbench import registry
from dlbench.errors import UsageError
from dlbench.records.case import Declaration
from fakes.package import FAMILIES

MEMBERS = [(family, name) for family in FAMILIES for name in registry.names(family)]


@pytest.fixture
def fruit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A family of a package that is told; its members would fail if they were imported."""
    folder = tmp_path / "fruits"
    folder.mkdir()
    for name in ("plum", "fig", "_private", "__init__"):
        text = f'"""A {name}, blue.\n\nMore of it.\n"""\nraise SystemExit\n'
        declaration = 'DECLARATION = {"n": 3}\n'
        (folder / f"{name}.py").write_text(text + declaration, encoding="utf-8")
    (folder / "bare.py").write_text("DECLARATIONS = None\n", encoding="utf-8")
    (folder / "basket.toml").write_text("", encoding="utf-8")
    (folder / "base.py").write_text('"""What a fruit is."""\n', encoding="utf-8")
    (folder / "grape").mkdir()
    (folder / "grape" / "__init__.py").write_text(
        '"""A grape, one of many."""\nDECLARATION = {"n": 100}\nraise SystemExit\n',
        encoding="utf-8",
    )
    (folder / "leaves").mkdir()  # no package
    monkeypatch.setattr(registry, "PACKAGE", tmp_path)
    for function in (registry.names, registry._source, registry._file):
        function.cache_clear()
    return folder


def test_members_are_the_public_files_and_packages_of_the_folder_sorted(fruit: Path) -> None:
    assert registry.names("fruits") == ("bare", "fig", "grape", "plum")
    assert registry.names("fruits", ".toml") == ("basket",)
    assert registry.names("vegetables") == ()


def test_a_member_says_what_it_is_without_being_imported(fruit: Path) -> None:
    assert registry.about("fruits", "plum") == "A plum, blue."
    assert registry.about("fruits", "bare") == ""
    assert registry.about("fruits", "grape") == "A grape, one of many."


class Fruit(msgspec.Struct):
    n: int


def test_a_declaration_is_read_without_being_imported(fruit: Path) -> None:
    assert registry.declaration("fruits", "fig", Fruit) == Fruit(3)
    assert registry.declaration("fruits", "fig", dict) == {"n": 3}
    assert registry.declaration("fruits", "grape", Fruit) == Fruit(100)


def test_a_member_without_a_declaration_is_a_mistake_of_its_author(fruit: Path) -> None:
    with pytest.raises(LookupError, match=r"fruits/bare\.py has no literal DECLARATION"):
        registry.declaration("fruits", "bare", dict)
    (fruit / "grape" / "__init__.py").write_text("", encoding="utf-8")
    with pytest.raises(LookupError, match=r"fruits/grape/__init__\.py has no literal DECLARATION"):
        registry.declaration("fruits", "grape", dict)


def test_of_a_package_the_module_named_as_one_of_the_family_is_imported(
    fruit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported: list[str] = []
    monkeypatch.setattr(registry, "import_module", imported.append)
    registry.load("fruits", "plum")
    registry.load("fruits", "grape")
    assert imported == ["dlbench.fruits.plum", "dlbench.fruits.grape.fruit"]


def test_a_declaration_that_computes_is_refused(fruit: Path) -> None:
    (fruit / "new.py").write_text("DECLARATION = dict(n=open('x').read())\n", encoding="utf-8")
    registry.names.cache_clear()
    with pytest.raises(ValueError, match="malformed node"):
        registry.declaration("fruits", "new", dict)


def test_a_declaration_of_another_shape_is_refused(fruit: Path) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `n`"):
        registry.declaration("fruits", "fig", Declaration)


@pytest.mark.parametrize(
    "name", ["pear", "Plum", "_private", "__init__", "base", "leaves", "", "../fruits/plum"]
)
@pytest.mark.parametrize(
    "ask",
    [
        registry.check,
        registry.about,
        registry.load,
        lambda family, name: registry.declaration(family, name, dict),
    ],
)
def test_an_unknown_name_is_told_with_the_known_ones(fruit: Path, ask, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask("fruits", name)
    known = f"unknown fruit: '{name}'. Allowed: bare, fig, grape, plum."
    assert str(caught.value).startswith(known)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_members(family: str) -> None:
    assert registry.names(family)


@pytest.mark.parametrize(("family", "name"), MEMBERS)
def test_every_member_says_what_it_is_in_a_sentence_that_fits_a_line(family, name) -> None:
    about = registry.about(family, name)
    assert about.endswith((".", "?"))
    assert about[:1].isupper()
    assert len(about) <= 100


def test_reading_a_family_imports_no_member() -> None:
    code = (
        "import sys\n"
        "from dlbench import registry\n"
        f"for family in {FAMILIES}:\n"
        "    for name in registry.names(family):\n"
        "        registry.about(family, name)\n"
        "for name in registry.names('backends'):\n"
        "    registry.declaration('backends', name, dict)\n"
        "print([name for name in sys.modules if name.count('.') == 2 and 'dlbench' in name])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[]\n"

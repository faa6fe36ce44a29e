"""There is one way to install, with the bounds of pyproject.toml, in README, docs and messages."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import dlbench
from dlbench.plan.targets import read_declarations

ROOT = Path(__file__).parents[2]
PACKAGE = Path(dlbench.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]

COMMAND = re.compile(r"pip install (?P<what>[^\n&`|#]*)")
# How nox itself gets here, where there is only Python and pip.
BOOTSTRAP = re.compile(r"^-q +--upgrade -c constraints\.txt --target \.bootstrap nox ?$")
# dlbench with extras, alone or beside a build for GPUs of one of their packages, which pip then
# chooses within the bounds of the extra.
EDITABLE = re.compile(
    r"^-e (\.|'\.\[(?P<extras>[a-z,]+)\]')( '(?P<build>[a-z]+)\[[a-z0-9-]+\]')?(?![\w\[])"
)


def texts(path: Path) -> list[str]:
    """The text of a page, or the texts in the source of a module."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return [source]
    constants = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return [node.value for node in constants if isinstance(node.value, str)]


PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *PACKAGE.rglob("*.py")]
COMMANDS = [
    (path.relative_to(ROOT).as_posix(), match["what"])
    for path in sorted(PAGES)
    for text in texts(path)
    for match in COMMAND.finditer(text)
]


@pytest.mark.parametrize(("page", "what"), COMMANDS)
def test_every_command_installs_dlbench_with_its_extras(page: str, what: str) -> None:
    if BOOTSTRAP.match(what):
        return
    match = EDITABLE.match(what)
    assert match is not None, f"{page}: pip install {what}"
    extras = (match["extras"] or "").split(",") if match["extras"] else []
    assert set(extras) <= set(EXTRAS)
    if match["build"]:
        bounded = [one for extra in extras for one in EXTRAS[extra] if "<" in one]
        assert any(one.startswith(match["build"]) for one in bounded)


def test_there_are_commands_in_the_readme_and_in_messages() -> None:
    pages = {page for page, _ in COMMANDS}
    assert "README.md" in pages
    assert sum(page.startswith("dlbench/backends/") for page in pages) >= len(read_declarations())


@pytest.mark.parametrize("name", read_declarations())
def test_what_a_backend_lacks_is_added_as_the_readme_says(name: str) -> None:
    declared = read_declarations()[name]
    extra = "" if name == "numpy" else f"'.[{name}]'"
    assert declared.install == f"pip install -e {extra or '.'}"


@pytest.mark.parametrize("extra", [name for name in read_declarations() if name != "numpy"])
def test_every_framework_has_an_upper_bound(extra: str) -> None:
    assert all("<" in one for one in EXTRAS[extra])

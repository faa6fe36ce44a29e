"""Files, folders and modules that docstrings and comments of the package mention exist."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import dlbench

PACKAGE = Path(dlbench.__file__).parent
REPOSITORY = PACKAGE.parent
FILES = sorted(PACKAGE.rglob("*.py"))
PARTS = sorted(path.stem for path in PACKAGE.iterdir() if path.suffix in ("", ".py"))

# Names of modules that users or other projects write.
EXAMPLES = {"_x.py", "torch.py", "random.py"}

URL = re.compile(r"https?://\S+")
A_PATH = re.compile(r"(?<![\w/.<>*-])(?:[\w-]+/)*\w+\.(?:py|md|toml)\b")
A_FOLDER = re.compile(r"(?<![\w/.<>*-])[A-Za-z_][\w-]*(?:/[\w-]+)*/(?![\w*<{(/])")
A_MODULE = re.compile(rf"(?<![\w/.-])((?:dlbench|{'|'.join(PARTS)})(?:\.[A-Za-z_]\w*)+)\b")


def texts(source: str) -> Iterator[str]:
    """Every docstring and comment of a source, without addresses on the web."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    yield from (URL.sub("", token.string) for token in tokens if token.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield URL.sub("", str(node.value.value))


def paths_in(text: str) -> set[str]:
    return {*A_PATH.findall(text), *A_FOLDER.findall(text)} - EXAMPLES


def modules_in(text: str) -> set[str]:
    found = {name.removeprefix("dlbench.") for name in A_MODULE.findall(text)}
    return {name for name in found if not name.endswith((".py", ".md", ".toml", ".json", ".jsonl"))}


def is_there(path: str, mentioned_in: Path) -> bool:
    """Whether a path exists from the folder of its mention or one above, or, bare, below it."""
    folder = mentioned_in.parent
    above = [one for one in (folder, *folder.parents) if one.is_relative_to(REPOSITORY)]
    return any((one / path).exists() for one in above) or any(folder.rglob(path))


def names_of(module: Path) -> set[str]:
    """Every name that a module defines, in classes too."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    named = {getattr(node, "name", "") for node in ast.walk(tree)}
    stored = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return named | {node.id for node in stored if isinstance(node.ctx, ast.Store)}


def is_module(name: str) -> bool:
    """Whether a dotted name is a folder, a module, or defined in one."""
    place, (*parts,) = PACKAGE, name.split(".")
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if not parts:
        return True
    module = place / f"{parts[0]}.py"
    return module.is_file() and set(parts[1:]) <= names_of(module)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_what_a_file_mentions_exists(path: Path) -> None:
    mentioned = list(texts(path.read_text(encoding="utf-8")))
    paths = {one for text in mentioned for one in paths_in(text)}
    modules = {one for text in mentioned for one in modules_in(text)}
    assert {one for one in paths if not is_there(one, path)} == set()
    assert {one for one in modules if not is_module(one)} == set()


def test_the_rule_would_notice_a_path_that_is_gone() -> None:
    source = (
        '"""See model.py, `plan/gone/` and records.plan.Gone."""\n# or dlbench.gone, plan.suite'
    )
    text = " ".join(texts(source))
    here = PACKAGE / "records" / "training.py"
    assert paths_in(text) == {"model.py", "plan/gone/"}
    assert not any(is_there(path, here) for path in paths_in(text))
    assert modules_in(text) == {"records.plan.Gone", "gone", "plan.suite"}
    assert {name for name in modules_in(text) if is_module(name)} == {"plan.suite"}

"""Size and style of the source: what docs/design.md promises, counted."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

import dlbench

PACKAGE = Path(dlbench.__file__).parent
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))
}
FOLDERS = sorted({path.parent for path in TREES})

MOST_LINES_OF_A_FILE = 300
MOST_MODULES_OF_A_FOLDER = 20
MEDIAN_LINES, P90_LINES, MOST_LINES = 6, 16, 50
MOST_METHODS, MOST_FIELDS, MOST_PARAMETERS = 15, 20, 8
LEAST_DOCUMENTED = 0.95

# A command's parameters are its options, and its function is the table of them.
OPTIONS = PACKAGE / "commands"

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = [
    (path, node)
    for path, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, Function)
]
CLASSES = [
    (path, node)
    for path, tree in TREES.items()
    for node in ast.walk(tree)
    if isinstance(node, ast.ClassDef)
]


def lines(node: Function) -> int:
    """Lines of a function, without its decorators and its docstring."""
    first = node.body[0]
    has_docstring = ast.get_docstring(node) is not None
    return node.end_lineno - node.lineno + 1 - has_docstring * (first.end_lineno - first.lineno + 1)


def parameters(node: Function) -> int:
    return len([*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs])


def holding(kind: type[ast.AST]) -> Callable[[ast.ClassDef], int]:
    """How many nodes of a kind stand in the body of a class."""
    return lambda node: sum(isinstance(one, kind) for one in node.body)


def above(most: int, count: Callable, nodes: list) -> list[str]:
    """The functions or classes, outside the commands, that have more of something than allowed."""
    return [
        f"{path.relative_to(PACKAGE)}:{node.name} has {count(node)}"
        for path, node in nodes
        if path.parent != OPTIONS and count(node) > most
    ]


def public() -> Iterator[tuple[Path, Function]]:
    """Public functions of modules, and public methods of public classes."""
    for path, tree in TREES.items():
        for home in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]:
            if not getattr(home, "name", "").startswith("_"):
                functions = (node for node in home.body if isinstance(node, Function))
                yield from ((path, node) for node in functions if not node.name.startswith("_"))


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_A_FILE


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    """Its modules and packages; the rooms themselves are counted apart from what lies beside."""
    modules = {path for path in TREES if path.parent == folder and path.name != "__init__.py"}
    packages = {path for path in FOLDERS if path.parent == folder}
    assert len(modules) <= MOST_MODULES_OF_A_FOLDER
    assert folder == PACKAGE or len(modules | packages) <= MOST_MODULES_OF_A_FOLDER


def test_functions_are_short() -> None:
    sizes = [lines(node) for _, node in FUNCTIONS]
    assert median(sizes) <= MEDIAN_LINES
    assert quantiles(sizes, n=10)[-1] <= P90_LINES
    assert above(MOST_LINES, lines, FUNCTIONS) == []


def test_functions_have_few_parameters() -> None:
    assert above(MOST_PARAMETERS, parameters, FUNCTIONS) == []


def test_classes_have_few_methods() -> None:
    assert above(MOST_METHODS, holding(Function), CLASSES) == []


def test_records_have_few_fields() -> None:
    assert above(MOST_FIELDS, holding(ast.AnnAssign), CLASSES) == []


def test_public_functions_are_documented() -> None:
    known = [*public()]
    silent = [(path.name, node.name) for path, node in known if not ast.get_docstring(node)]
    assert len(silent) <= (1 - LEAST_DOCUMENTED) * len(known), silent


def test_what_is_counted() -> None:
    code = (
        "@first\n@second\ndef f(a, /, b, *c, d, **e):\n"
        '    """Two\n    lines."""\n    x = 1\n    return x\n'
    )
    [function] = ast.parse(code).body
    assert (lines(function), parameters(function)) == (3, 3)
    [record] = ast.parse("class C:\n    a: int\n    b: str = ''\n    def f(self): pass").body
    assert (holding(Function)(record), holding(ast.AnnAssign)(record)) == (1, 2)

"""Which module may import which: the contracts of pyproject.toml; what is loaded when.

One copy of the package gets a wrong import in each of many files: each must be reported by the
contract that forbids it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakes.package import PackageCopy

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
REFERENCE = str(PROJECT.parent / "results/reference/20261125-084456-quick")
FRAMEWORKS = {"torch", "tensorflow", "keras", "jax"}
LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"

# The contract, the module that imports, and what it must not import.
WRONG = (
    ("imports only go down", "stats.shape", "dlbench.results.folder"),
    ("imports only go down", "charts.break_even", "dlbench.report.notes"),
    ("imports only go down", "checks.load", "dlbench.plan.suite"),
    ("inside the harness", "harness.worker.timing", "dlbench.harness.supervisor.pool"),
    ("inside the supervisor", "harness.supervisor.pool", "dlbench.harness.supervisor.row"),
    ("inside the worker", "harness.worker.setup", "dlbench.harness.worker.blocks"),
    ("inside the analysis", "analysis.samples", "dlbench.analysis.rows"),
    ("inside the archive", "archive.likeness", "dlbench.archive.comparison"),
    ("reading never measures", "results.folder", "dlbench.plan.suite"),
    ("reading never measures", "archive.history", "dlbench.plan.suite"),
    ("the supervisor never computes", "plan.targets", "torch"),
    ("the supervisor never computes", "plan.suite", "dlbench.backends.numpy.backend"),
    ("the supervisor never computes", "api.verify", "dlbench.harness.worker.compiler"),
)


def lint(package: PackageCopy) -> str:
    """The report of import-linter on a copy of the package."""
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache", "--config", PROJECT],
        check=False,
        capture_output=True,
        text=True,
        cwd=package.place,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(package.place), "COLUMNS": "200"},
    )
    assert done.stdout, done.stderr
    return done.stdout


def broken(report: str) -> dict[str, str]:
    """What stands below the heading of each broken contract."""
    details = report.partition("Broken contracts\n")[2]
    _, *parts = re.split(r"^(\S.*)\n-{5,}$", details, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is reported of the copy with all wrong imports."""
    package = PackageCopy(tmp_path_factory.mktemp("wrong"))
    package.add("dlbench/backends/abacus/__init__.py", "")
    for _, module, imported in WRONG:
        path = package.place / "dlbench" / f"{module.replace('.', '/')}.py"
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\nimport {imported}\n")
    return broken(lint(package))


def test_the_package_keeps_all_contracts(tmp_path: Path) -> None:
    report = lint(PackageCopy(tmp_path))
    assert broken(report) == {}, report
    assert " 0 broken" in report


@pytest.mark.parametrize(("contract", "module", "imported"), WRONG)
def test_a_wrong_import_is_reported(
    wrong: dict[str, str], contract: str, module: str, imported: str
) -> None:
    assert f"dlbench.{module} -> {imported} (l." in wrong[contract]


def test_a_new_room_needs_a_place_among_the_layers(tmp_path: Path) -> None:
    package = PackageCopy(tmp_path)
    package.add("dlbench/attic.py", '"""What is not needed."""\n')
    assert "attic" in lint(package)


LOADED = """
import atexit, sys
before = {*sys.modules}
atexit.register(lambda: print(*{*sys.modules} - before, file=sys.stderr))
"""


def loaded(code: str, **options: Any) -> set[str]:
    """The modules outside the standard library that some code loads in a fresh interpreter."""
    command = [sys.executable, "-c", LOADED + code]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, **options
    )
    assert done.returncode == 0, done.stderr
    modules = done.stderr.splitlines()[-1].split()
    return {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}


def test_importing_dlbench_loads_nothing() -> None:
    assert loaded("import dlbench") == {"dlbench"}


def test_a_public_name_loads_what_it_needs() -> None:
    assert "dlbench.api.load" in loaded("import dlbench; dlbench.load")


@pytest.mark.parametrize(
    "words",
    [
        ["show", REFERENCE],
        ["show", REFERENCE, "--format", "json"],
        ["report", REFERENCE, "--out", "report.html"],
        ["compare", "numpy", "torch/eager", "--run", REFERENCE],
        ["run", "quick", "--backend", "numpy", "--dry-run"],
    ],
    ids=lambda words: " ".join(Path(word).name for word in words),
)
def test_no_command_needs_data_frames_or_a_framework(words: list[str], tmp_path: Path) -> None:
    code = f"import sys; from dlbench.cli import main; sys.argv[1:] = {words}; main()"
    packages = {name.partition(".")[0] for name in loaded(code, cwd=tmp_path)}
    assert "dlbench" in packages
    assert packages & {"pandas", *FRAMEWORKS} == set()

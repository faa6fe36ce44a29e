"""Which module may import which: the contracts of pyproject.toml catch what they are there for.

One copy of the package gets a wrong import in each of many files; each must be reported by the
contract that forbids it. A file that is new shows that a family's contract needs no list.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fakes.package import FAMILIES, PackageCopy

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"

# The contract, the module that imports, and what it must not import.
WRONG = (
    ("imports only go down", "stats.shape", "dlbench.results.folder"),
    ("imports only go down", "charts.break_even", "dlbench.report.notes"),
    ("inside the harness", "harness.worker.timing", "dlbench.harness.supervisor.pool"),
    ("inside the supervisor", "harness.supervisor.pool", "dlbench.harness.supervisor.row"),
    ("inside the worker", "harness.worker.setup", "dlbench.harness.worker.blocks"),
    ("inside the analysis", "analysis.samples", "dlbench.analysis.rows"),
    ("reading never measures", "results.folder", "dlbench.plan.suite"),
    ("the supervisor never computes", "plan.targets", "torch"),
    ("the supervisor never computes", "plan.suite", "dlbench.backends.numpy.backend"),
    ("the supervisor never computes", "api.verify", "dlbench.harness.worker.compiler"),
    ("one backend, no other", "backends.abacus.backend", "dlbench.backends.numpy.backend"),
    ("one chart, no other", "charts.pie", "dlbench.charts.break_even"),
    ("one command, no other", "commands.hello", "dlbench.commands.schema"),
    ("one workload, no other", "workloads.convolve", "dlbench.workloads.matmul"),
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


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_contract(family: str) -> None:
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    independent = [one["modules"] for one in contracts if one["type"] == "independence"]
    assert [f"dlbench.{family}.*"] in independent

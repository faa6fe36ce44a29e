"""The tests lie in the same folders as the package, and a module's tests in a file of its name."""

from pathlib import Path

import pytest

import dlbench
from dlbench import registry
from fakes.package import FAMILIES

PACKAGE = Path(dlbench.__file__).parent
TESTS = Path(__file__).parent

# Modules that are tested through another one, and where.
ELSEWHERE = {
    # One run of the supervisor takes all of these, on workers that follow a script.
    "harness/supervisor/case.py": "harness/supervisor/test_failures.py",
    "harness/supervisor/state.py": "harness/supervisor/test_run.py",
    "harness/supervisor/reach/ceiling.py": "harness/supervisor/test_hardware.py",
    "records/machine/roofs.py": "experience/test_roofs.py",
    "harness/supervisor/probe.py": "harness/supervisor/test_hardware.py",
    # The wire, at both ends.
    "harness/stdio.py": "harness/test_transport.py",
    "harness/wire.py": "harness/test_transport.py",
    "harness/supervisor/ending.py": "harness/supervisor/test_failures.py",
    "analysis/parts.py": "analysis/test_rows.py",
    # A worker's answers to orders, on a backend whose every answer is known.
    "harness/worker/__main__.py": "harness/test_lifeline.py",
    "harness/worker/verification.py": "harness/supervisor/test_verification.py",
    # Rows and verdicts of runs of known truth.
    "analysis/labels.py": "report/test_tables.py",
    "analysis/locator.py": "analysis/test_verdicts.py",
    "analysis/pairing/pairs.py": "analysis/test_verdicts.py",
    "analysis/pairing/views.py": "analysis/test_verdicts.py",
    "analysis/samples.py": "analysis/test_verdicts.py",
    "analysis/static.py": "analysis/compiling/test_break_even.py",
    "analysis/summary.py": "analysis/test_rows.py",
    "analysis/verification.py": "harness/supervisor/test_verification.py",
    "report/document.py": "report/test_terminal.py",
    "report/notes.py": "report/test_terminal.py",
    "report/watching/names.py": "report/watching/test_view.py",
    "report/verification.py": "harness/supervisor/test_verification.py",
    # What is planned of a suite and a request.
    "plan/mistakes.py": "plan/test_suite.py",
    "plan/network.py": "plan/test_suite.py",
    "plan/sides.py": "plan/test_crossover.py",
    # What calls the functions of dlbench as a user does.
    "api/invocation.py": "api/test_library.py",
    "api/load.py": "api/test_library.py",
    "api/result.py": "api/test_library.py",
    "api/verify.py": "harness/supervisor/test_verification.py",
    "api/writable.py": "api/test_train.py",
    # What is kept between runs.
    "machine/cache.py": "experience/test_book.py",
    # The records that go over the wire and onto the disk.
    "records/layer.py": "records/test_layers.py",
    "records/machine/hardware.py": "report/machine/test_hardware.py",
    "records/base.py": "records/test_records.py",
    "records/machine/checkup.py": "report/machine/test_checkup.py",
    "records/costs.py": "experience/test_costs.py",
    "records/machine/device.py": "machine/gpu/test_devices.py",
    "records/machine/device_time.py": "stats/test_device_use.py",
    "records/framework.py": "backends/test_probe.py",
    "records/run.py": "records/test_records.py",
    "records/seam.py": "records/test_records.py",
    "records/machine/telemetry.py": "harness/worker/test_card.py",
    "records/training.py": "harness/supervisor/test_training.py",
    "records/verification.py": "harness/supervisor/test_verification.py",
    # What is compared with NumPy's by every backend.
    "parity/epoch.py": "backends/test_every_trainer.py",
    "reference/op.py": "reference/test_ops.py",
    "cli.py": "commands/test_cli.py",
    "__main__.py": "commands/test_cli.py",
    "grouping.py": "report/test_tables.py",
}


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def mirrored(module: str) -> str:
    """Where the tests of a module lie: beside a private one's name, without its underscore."""
    path = Path(module)
    return (path.parent / f"test_{path.name.removeprefix('_')}").as_posix()


# Members of a family have a test of their own, below.
MODULES = [
    place(path)
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name != "__init__.py" and path.relative_to(PACKAGE).parts[0] not in FAMILIES
]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_tests_of_its_name(module: str) -> None:
    assert (TESTS / ELSEWHERE.get(module, mirrored(module))).is_file()


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_members_of_a_family_are_tested_together_or_each_in_a_file_of_its_name(family: str) -> None:
    own = {(TESTS / family / f"test_{name}.py").is_file() for name in registry.names(family)}
    assert [*(TESTS / family).glob("test_every_*.py")] or own == {True}


def test_only_what_has_no_tests_of_its_name_is_tested_elsewhere() -> None:
    assert [module for module in ELSEWHERE if (TESTS / mirrored(module)).is_file()] == []
    assert set(ELSEWHERE) <= set(MODULES)

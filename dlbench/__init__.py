"""Which framework, mode and device is fastest for your network on your machine."""

from importlib import import_module

# As in `typing`, which takes longer to import than all that is needed here: until __main__.py runs,
# Ctrl-C would print a traceback.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from dlbench.api.check import check as check
    from dlbench.api.compare import ComparisonResult as ComparisonResult
    from dlbench.api.compare import compare as compare
    from dlbench.api.crossover import CrossoverResult as CrossoverResult
    from dlbench.api.crossover import crossover as crossover
    from dlbench.api.export import export as export
    from dlbench.api.hardware import hardware as hardware
    from dlbench.api.history import HistoryResult as HistoryResult
    from dlbench.api.history import history as history
    from dlbench.api.invocation import Interrupted as Interrupted
    from dlbench.api.load import load as load
    from dlbench.api.result import RunResult as RunResult
    from dlbench.api.result import TrainingOutcome as TrainingOutcome
    from dlbench.api.resume import resume as resume
    from dlbench.api.run import dry_run as dry_run
    from dlbench.api.run import run as run
    from dlbench.api.train import Folders as Folders
    from dlbench.api.train import train as train
    from dlbench.api.verify import verify as verify
    from dlbench.errors import DlbenchError as DlbenchError
    from dlbench.errors import UnreadableResults as UnreadableResults
    from dlbench.errors import UsageError as UsageError
    from dlbench.plan.request import CrossoverRequest as CrossoverRequest
    from dlbench.plan.request import HardwareRequest as HardwareRequest
    from dlbench.plan.request import Request as Request
    from dlbench.plan.request import TrainingRequest as TrainingRequest

__version__ = "0.1.0"

# Where the public names are. They are resolved on first use (PEP 562), so that importing dlbench
# loads nothing else.
_PUBLIC = {
    "run": "dlbench.api.run",
    "resume": "dlbench.api.resume",
    "dry_run": "dlbench.api.run",
    "load": "dlbench.api.load",
    "compare": "dlbench.api.compare",
    "history": "dlbench.api.history",
    "check": "dlbench.api.check",
    "export": "dlbench.api.export",
    "train": "dlbench.api.train",
    "crossover": "dlbench.api.crossover",
    "verify": "dlbench.api.verify",
    "hardware": "dlbench.api.hardware",
    "RunResult": "dlbench.api.result",
    "TrainingOutcome": "dlbench.api.result",
    "CrossoverResult": "dlbench.api.crossover",
    "ComparisonResult": "dlbench.api.compare",
    "HistoryResult": "dlbench.api.history",
    "Request": "dlbench.plan.request",
    "CrossoverRequest": "dlbench.plan.request",
    "TrainingRequest": "dlbench.plan.request",
    "HardwareRequest": "dlbench.plan.request",
    "Folders": "dlbench.api.train",
    "Interrupted": "dlbench.api.invocation",
    "DlbenchError": "dlbench.errors",
    "UsageError": "dlbench.errors",
    "UnreadableResults": "dlbench.errors",
}
__all__ = [*_PUBLIC]  # noqa: PLE0604 - names, every one of them


def __getattr__(name: str) -> "Any":
    """Load a public name on first use."""
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'dlbench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return ["__version__", *_PUBLIC]

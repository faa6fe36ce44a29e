"""Read a stored run or training."""

from pathlib import Path
from typing import Any

from dlbench import arguments
from dlbench.api.result import RunResult, TrainingOutcome
from dlbench.errors import UsageError
from dlbench.results import folder as folders
from dlbench.results.find import LATEST, find


def load(run: str | Path = LATEST, results: str | Path = "results") -> RunResult | TrainingOutcome:
    """Return a stored run, or a stored training.

    run: the path of its folder, its id, the beginning of its id, or `latest`. results: the folder
    in which ids are looked up.

    Raises UsageError if there is none or more than one, and UnreadableResults if the folder is
    empty, damaged, foreign, or was written by a newer dlbench.
    """
    folder = _find(run, results)
    if folders.TRAINING.is_at(folder):
        return TrainingOutcome(folders.read_training(folder), folder)
    return RunResult(folders.read_run(folder), folder)


def stored_folder(run: str | Path, results: str | Path) -> Path:
    """Return the folder of a run or a training, without reading it."""
    return _find(run, results)


def _find(
    run: str | Path, results: str | Path, kinds: tuple[folders.Kind[Any, Any], ...] = folders.KINDS
) -> Path:
    """Check the arguments and find the folder; the path of its first file is as good."""
    name = arguments.path("run", run)
    is_head = any(name.name == kind.head_file for kind in kinds)
    return find(str(name.parent if is_head else name), arguments.path("results", results), kinds)


def load_run(
    run: str | Path = LATEST, results: str | Path = "results", why: str = "a run is needed"
) -> RunResult:
    """Return a stored run; `latest` is the latest run, whatever was trained since. See `load`.

    Raises UsageError for a training too, which says why no training will do.
    """
    folder = run_folder(run, results, why)
    return RunResult(folders.read_run(folder), folder)


def run_folder(run: str | Path, results: str | Path, why: str) -> Path:
    """Return the folder of a run; UsageError for a training, which says why none will do."""
    folder = _find(run, results, (folders.RUN,))
    if folders.TRAINING.is_at(folder):
        name = folder.name
        raise UsageError(
            f"{name} is a training, and {why}",
            hint=f"Learning curve: in {folder}. Table: dlbench show {name}",
        )
    return folder

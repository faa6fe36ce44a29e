"""Check whether a stored run is whole and plausible."""

from pathlib import Path

from dlbench.api.load import stored_folder
from dlbench.archive.soundness import Soundness, examine
from dlbench.results.find import LATEST


def check(run: str | Path = LATEST, results: str | Path = "results") -> Soundness:
    """Return what is wrong with a stored run or training, each fault with its place.

    Looked at are the schema of all records, the plan, the order and the number of samples, the
    self-checks, the results of the checks, and all verdicts, which are computed anew. run, results:
    as in `load`. Raises UsageError if there is no such folder, and UnreadableResults if it holds
    no results.
    """
    return examine(stored_folder(run, results))

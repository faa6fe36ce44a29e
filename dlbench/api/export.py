"""Write stored runs in the formats of other programs."""

from collections.abc import Sequence
from pathlib import Path

from dlbench import arguments, files
from dlbench.api.load import load_run
from dlbench.api.result import RunResult
from dlbench.errors import UsageError, unwritable
from dlbench.formats import base
from dlbench.report.document import document_of
from dlbench.results.find import LATEST

Runs = RunResult | str | Path

WHY = "exports are made of runs"


def export(
    run: Runs | Sequence[Runs] = LATEST,
    to: str = "csv",
    path: str | Path | None = None,
    *,
    results: str | Path = "results",
    force: bool = False,
) -> bytes:
    """Return stored runs in another format, and write them to a file if a path is given.

    run: a run or, for parquet and otava, several. to: csv, parquet, json, markdown, latex,
    pytest-benchmark, bencher or otava. results: the folder in which ids are looked up. force: write
    over a file.

    Raises UsageError for an unknown format or run, a file that is there, or a missing library.
    """
    those = [run] if isinstance(run, RunResult | str | Path) else list(run)
    base.export_declaration(arguments.text("to", to))
    loaded = [one if isinstance(one, RunResult) else load_run(one, results, WHY) for one in those]
    if not loaded:
        raise UsageError("no run to export", hint="Name one, such as latest")
    content = base.exported(to, [document_of(one.stored) for one in loaded])
    if path is not None:
        _write(arguments.path("path", path), content, force=force)
    return content


def _write(path: Path, content: bytes, *, force: bool) -> None:
    if path.exists() and not force:
        raise UsageError(
            "the file is there already", value=str(path), hint="Write over it with --force"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.replace(path, content)
    except OSError as error:
        raise unwritable("the export", path, error, option="-o FILE") from error

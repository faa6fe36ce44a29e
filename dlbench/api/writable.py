"""Make the folders of a training before it begins: all of them, or none."""

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile

from dlbench.errors import UsageError, unwritable


def make(folders: Mapping[str, Path | None]) -> None:
    """Make each folder and try to write into it; UsageError, and no folder left, where one fails.

    folders: by the option that names them; None is no folder.
    """
    if folders.get("tensorboard") is not None and find_spec("tensorboard") is None:
        raise UsageError(
            "--tensorboard needs the package tensorboard", hint="pip install -e '.[tensorboard]'"
        )
    with ExitStack() as undoing:
        for option, folder in folders.items():
            if folder is not None:
                _make_for(option, folder, undoing)
        undoing.pop_all()


def _make_for(option: str, folder: Path, undoing: ExitStack) -> None:
    try:
        _make_one(folder, undoing)
    except OSError as error:
        raise unwritable(f"--{option}", folder, error) from error


def _make_one(folder: Path, undoing: ExitStack) -> None:
    """A folder with those above it, tried with a nameless file, which touches no other file."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):  # the one registered last is removed first
        undoing.callback(_remove, one)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass


def _remove(folder: Path) -> None:
    """Remove it, unless it was never made or another program has written into it."""
    with suppress(OSError):
        folder.rmdir()

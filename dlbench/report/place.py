"""Where a report is written: a folder that is new, empty, or of an earlier report.

Nothing of the user's is written over, and no link is followed out of the folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlbench import files
from dlbench.errors import UsageError, unwritable
from dlbench.text import clean

# The page of a report, and what stands in it.
PAGE = "index.html"
MARK = b'<meta name="generator" content="dlbench">'

# The mark stands in the first lines. Pages of dlbench before there was a mark begin like this.
HEAD_BYTES = 4096
EARLIER_MARK = b"<title>dlbench "

# A page has pictures of some hundred kilobytes each; a larger one is not ours.
MOST_BYTES = 256 * 2**20

ANOTHER = "Choose another folder with -o DIR, or write over its files with --force"


def check(folder: Path, *, force: bool) -> None:
    """Raise UsageError if a report may not be written into the folder. force: into any folder."""
    try:
        if not folder.is_dir() or force or not any(folder.iterdir()) or _is_report(folder):
            return
    except OSError as error:
        raise unwritable("the report", folder, error, option="-o DIR") from error
    what = "the folder holds files that are not of a report of dlbench"
    raise UsageError(what, value=str(folder), hint=ANOTHER)


def _is_report(folder: Path) -> bool:
    """Return whether the page in the folder is one of ours."""
    try:
        with files.opened(folder / PAGE, MOST_BYTES) as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return False
    return MARK in head or EARLIER_MARK in head


def save(folder: Path, name: str, data: str | bytes) -> Path:
    """Write a file inside the folder at once, whatever links lie there already."""
    path = inside(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, clean(data).encode() if isinstance(data, str) else data)
    return path


def inside(folder: Path, name: str) -> Path:
    """Return the path of a file; UsageError if a link leads out of the folder."""
    path = folder / name
    if not path.parent.resolve().is_relative_to(folder.resolve()):
        raise UsageError("a link leads out of the report's folder", value=str(path.parent))
    return path


@contextmanager
def complaining(folder: Path) -> Iterator[None]:
    """Say which folder cannot be written, and how to choose another one."""
    try:
        yield
    except OSError as error:
        raise unwritable("the report", folder, error, option="-o DIR") from error

"""Pictures in files of their own: written at once, and never over a file that is not ours."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from dlbench import files
from dlbench.errors import UsageError

# By this name in its metadata a picture is known as ours. It stands at the beginning of both
# formats; without a date, equal pictures are equal files.
DRAWN_BY = "dlbench"
METADATA: Final[dict[str, dict[str, str | None]]] = {
    ".svg": {"Date": None, "Creator": DRAWN_BY},
    ".png": {"Software": DRAWN_BY},
}
HEAD_BYTES = 2048

# A larger picture is not ours.
MOST_BYTES = 64 * 2**20


def refuse_others(paths: Sequence[Path]) -> None:
    """Raise UsageError if one of these places holds something else than a picture of ours."""
    for path in paths:
        if not _may_be_replaced(path):
            hint = "Choose another folder, or write over it with --force"
            what = "in the place of the picture there is another file"
            raise UsageError(what, value=str(path), hint=hint)


def _may_be_replaced(path: Path) -> bool:
    if not path.is_symlink() and not path.exists():
        return True
    try:
        with files.opened(path, MOST_BYTES) as stream:
            return DRAWN_BY.encode() in stream.read(HEAD_BYTES)
    except OSError:
        return False


def save(figure: Figure, path: Path, dpi: int) -> None:
    """Write a figure in the format of the path's suffix. dpi: of a PNG."""
    stream = BytesIO()
    metadata = METADATA[path.suffix]
    figure.savefig(stream, format=path.suffix[1:], dpi=dpi, metadata=metadata)
    files.replace(path, stream.getvalue())

"""Go on with the folder of a stopped run: cut off what is incomplete, and note the seam.

Lines that are kept are kept byte for byte. Lines of a row that was cut go to a file of their own,
which nothing reads.
"""

import os
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import msgspec

from dlbench import files
from dlbench.errors import UnreadableResults
from dlbench.records.measurement import Measurement
from dlbench.records.seam import Seam
from dlbench.results.folder import LOGS_FOLDER, RUN, SEAMS_FILE

CUT_FILE = "cut.jsonl"


def cut(folder: Path, is_kept: Callable[[Measurement], bool]) -> int:
    """Drop the lines of the other measurements, and an incomplete last line.

    Return the number of measurements that were dropped. UnreadableResults if a line is damaged. The
    file is written beside and renamed: a kill loses nothing.
    """
    file = folder / RUN.lines_file
    _refuse_links(folder)
    measurements, _ = RUN.read_lines(folder)
    *lines, torn = file.read_bytes().split(b"\n")
    marked = [(line, is_kept(one)) for line, one in zip(lines, measurements, strict=True)]
    kept = [line for line, is_one in marked if is_one]
    dropped = [line for line, is_one in marked if not is_one]
    if dropped:
        _write(folder / CUT_FILE, dropped, "ab")
    if dropped or torn:
        files.replace(file, b"".join(line + b"\n" for line in kept))
    return len(dropped)


def _refuse_links(folder: Path) -> None:
    """Raise UnreadableResults for a link: it may lead to another file of the user."""
    named = [folder / name for name in (RUN.lines_file, CUT_FILE, SEAMS_FILE, LOGS_FOLDER)]
    for path in chain(named, (folder / LOGS_FOLDER).glob("*")):
        if path.is_symlink():
            raise UnreadableResults(f"{path} is a link, so nothing is written to it")


def append(folder: Path, seam: Seam) -> None:
    """Write a seam to the folder."""
    _write(folder / SEAMS_FILE, [msgspec.json.encode(seam)], "ab")


def _write(file: Path, lines: list[bytes], mode: str) -> None:
    """Write whole lines, onto the disk itself: what is renamed next must be complete."""
    with file.open(mode) as stream:
        stream.write(b"".join(line + b"\n" for line in lines))
        stream.flush()
        os.fsync(stream.fileno())

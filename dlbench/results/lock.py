"""One writer for each folder of results."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlbench import locks
from dlbench.errors import UsageError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder during a `with` block; UsageError if another process holds it.

    It is on the folder, as its files may be replaced. Where there are no locks, nothing is locked.
    """
    if sys.platform == "win32":  # a folder cannot be opened
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        if locks.take(descriptor) is False:
            raise UsageError(
                "this run is still being measured, by another dlbench",
                value=str(folder),
                hint="Wait until it has ended",
            )
        yield
    finally:
        os.close(descriptor)  # which releases the lock

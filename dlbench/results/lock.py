"""One writer for each folder of results: a lock that ends with the process that holds it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dlbench.errors import UsageError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder during a `with` block; UsageError if another process holds it.

    flock(2): the kernel releases it when the process ends, however it ends. It is on the folder, as
    its files may be replaced. A file system without locks, and Windows, do without.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "this run is still being measured, by another dlbench",
                value=str(folder),
                hint="Wait until it has ended",
            ) from None
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)  # which releases the lock

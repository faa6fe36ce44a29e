"""One writer for each folder of results: a lock that ends with the process that holds it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlbench.errors import UsageError


@contextmanager
def held(file: Path) -> Iterator[None]:
    """Hold the lock of a file during a `with` block; UsageError if another process holds it.

    flock(2): the kernel releases it when the process ends, however it ends. A file system without
    locks, and Windows, do without.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    with file.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "this run is still being measured, by another dlbench",
                value=str(file.parent),
                hint="Wait until it has ended",
            ) from None
        except OSError:
            pass
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(stream, fcntl.LOCK_UN)

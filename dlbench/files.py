"""Read and write files that others may have touched: links, pipes, full disks, huge sizes.

A file is written beside its place and then put there at once, so that nobody ever finds half of it.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

DIGITS = 8

NOTHING_TO_WAIT_FOR = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}


class NotReadable(OSError):
    """A file that is not what it seems: a pipe, a device, huge, or a link out of its folder."""

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


@contextmanager
def opened(path: Path, most_bytes: int, *, inside: bool = False) -> Iterator[BinaryIO]:
    """Open a regular file of at most so many bytes.

    inside: refuse a link that leads out of its folder. Raises OSError, whose `strerror` says what
    is wrong. A pipe would be waited for for ever, and a device such as /dev/zero has no end.
    """
    if inside and not path.resolve().is_relative_to(path.parent.resolve()):
        raise NotReadable("it is a link that leads out of its folder")
    # without O_NONBLOCK, opening a pipe waits for a writer
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotReadable("it is no regular file")
        if found.st_size > most_bytes:
            raise NotReadable(f"it has {found.st_size:,} bytes, more than {most_bytes:,}")
        yield stream


def read(path: Path, most_bytes: int, *, inside: bool = False) -> bytes:
    """Return the content of such a file; see `opened`."""
    with opened(path, most_bytes, inside=inside) as stream:
        return stream.read(most_bytes)


def replace(path: Path, content: bytes) -> None:
    """Write a file beside its place, then put it there; it is on the disk when this returns.

    A link in its place is replaced, and not followed. Raises OSError, and the old file is kept.
    """
    beside = path.with_name(f".{secrets.token_hex(DIGITS)}.part")
    try:
        with open(beside, "xb") as stream:
            stream.write(content)
            stream.flush()
            sync(stream.fileno())
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink()
    sync_folder(path.parent)


def sync(descriptor: int) -> None:
    """Wait until a file is on the disk; OSError if it cannot get there.

    EINVAL is what a file system or a pipe says that has nothing to wait for; fsync(2).
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NOTHING_TO_WAIT_FOR:
            raise


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

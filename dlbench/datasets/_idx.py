"""Reads an IDX file of unsigned bytes, the format of MNIST, plain or gzip-compressed."""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dlbench.errors import UsageError

UNSIGNED_BYTE = 8
"""The IDX code of the only element type that MNIST uses."""

MAGIC_BYTES = 4
"""Two zeros, the element type, the number of dimensions."""

SIZE_BYTES = 4
"""Each dimension is a big-endian unsigned integer."""

HINT = "Replace what is damaged with the published file, or delete it to have it downloaded"


def read(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Return the read-only array in the file.

    Raises UsageError if the file cannot be read, is damaged, or has other elements or dimensions.
    """
    content = _content(path)
    shape = _shape(content, dimensions, path)
    header = MAGIC_BYTES + SIZE_BYTES * dimensions
    if len(content) != header + math.prod(shape):
        expected = header + math.prod(shape)
        raise _malformed(path, "length", f"{len(content)} bytes", f"{expected} bytes")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        what = f"cannot read the data ({error.strerror})"
        raise UsageError(what, value=str(path), hint=HINT) from error
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _malformed(path, "compression", str(error), "a whole gzip file") from error


def _shape(content: bytes, dimensions: int, path: Path) -> tuple[int, ...]:
    magic = bytes((0, 0, UNSIGNED_BYTE, dimensions))
    if content[:MAGIC_BYTES] != magic:
        raise _malformed(path, "magic number", content[:MAGIC_BYTES].hex(), magic.hex())
    try:
        return struct.unpack_from(f">{dimensions}I", content, MAGIC_BYTES)
    except struct.error as error:
        raise _malformed(path, "header", f"{len(content)} bytes", "a whole header") from error


def _malformed(path: Path, part: str, value: str, allowed: str) -> UsageError:
    return UsageError(f"{path} has a wrong {part}", value=value, allowed=allowed, hint=HINT)

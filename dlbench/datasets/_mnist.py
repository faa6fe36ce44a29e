"""Find MNIST's four files in the user's folder or in pooch's cache, and read them.

Missing files are downloaded once. Every file must have its published hash, so the arrays in it need
no other check.
"""

import functools
import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dlbench import files
from dlbench.errors import UsageError

VARIABLE = "DLBENCH_DATA"
"""The environment variable with the user's own folder."""

# The smallest file is first, so that a failing download fails early.
SHA256_OF_GZ = {
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
}
MD5_OF_RAW = {
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
}

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

SECONDS_TO_CONNECT = 2
"""Short, because a name with several addresses is tried at each, and an offline user waits."""

SECONDS_TO_READ = 10
"""The longest silence of a mirror, not the longest download."""

MOST_BYTES = 64 * 2**20
"""A larger file is not MNIST's, whose largest has 47 MB, and is not read to find that out."""

MAGIC_BYTES = 4
"""An IDX file begins with two zeros, the element type and the number of dimensions."""

SIZE_BYTES = 4
"""Each dimension of an IDX file is a big-endian unsigned integer."""


def obtain() -> Path | str:
    """Check or download the files; return their folder, or a sentence that says why it failed.

    A failed download is not tried again in the same process. Raises UsageError if DLBENCH_DATA is
    not a folder, or if a file in it is not the published one.
    """
    folder = _folder_of_user()
    if folder is None:
        return _download(_cache_folder())
    _check(folder)
    return folder


def read(folder: Path, name: str) -> npt.NDArray[np.uint8]:
    """Return the read-only array in the file of that name.

    Raises UsageError if the file cannot be read or is not the published one.
    """
    path = _file(folder, name)
    content = _published(path)
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    dimensions = content[MAGIC_BYTES - 1]
    shape = struct.unpack_from(f">{dimensions}I", content, MAGIC_BYTES)
    header = MAGIC_BYTES + SIZE_BYTES * dimensions
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _folder_of_user() -> Path | None:
    """Return the folder in DLBENCH_DATA; None if it is not set, or lacks one of the files."""
    name = os.environ.get(VARIABLE, "")
    if not name:
        return None
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise UsageError(f"{VARIABLE} is not a folder", value=name, allowed="an existing folder")
    return folder if all(_file(folder, name).is_file() for name in SHA256_OF_GZ) else None


def _file(folder: Path, name: str) -> Path:
    """Return the path of the compressed file if it exists, else of the plain one."""
    compressed = folder / f"{name}.gz"
    return compressed if compressed.is_file() else folder / name


@functools.cache
def _check(folder: Path) -> None:
    for name in SHA256_OF_GZ:
        _published(_file(folder, name))


def _published(path: Path) -> bytes:
    """Return the bytes of a file; UsageError unless its hash is the published one."""
    hint = f"Replace the file, or unset {VARIABLE} to have it downloaded"
    try:
        content = files.read(path, MOST_BYTES)
    except OSError as error:
        what = f"cannot read the data ({error.strerror})"
        raise UsageError(what, value=str(path), hint=hint) from error
    if path.suffix == ".gz":
        published, actual = SHA256_OF_GZ[path.stem], hashlib.sha256(content).hexdigest()
    else:
        published = MD5_OF_RAW[path.name]
        actual = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if actual != published:
        raise UsageError(f"{path} is not MNIST's file", value=actual, allowed=published, hint=hint)
    return content


def _cache_folder() -> Path:
    import pooch

    return Path(pooch.os_cache("dlbench"))


@functools.cache
def _download(folder: Path) -> Path | str:
    reason = ""
    for mirror in MIRRORS:
        try:
            _fetch(mirror, folder)
        except (OSError, ValueError) as error:
            reason = _words_for(error)
        else:
            return folder
    advice = f"{VARIABLE} can name a folder that holds its four files"
    return f"MNIST could not be downloaded ({reason}); {advice}."


def _fetch(mirror: str, folder: Path) -> None:
    """Download the files that are missing or have a wrong hash; raise pooch's errors."""
    import pooch

    # It announces every download at level INFO, which would tear the progress display.
    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(timeout=(SECONDS_TO_CONNECT, SECONDS_TO_READ))
    registry = {f"{name}.gz": f"sha256:{digest}" for name, digest in SHA256_OF_GZ.items()}
    files = pooch.create(folder, base_url=mirror, registry=registry)
    for name in registry:
        files.fetch(name, downloader=downloader)


def _words_for(error: Exception) -> str:
    """Return the reason in a few words; the messages of requests have several lines."""
    # Some errors of requests are both, so a wrong hash is a ValueError that is no OSError.
    if isinstance(error, OSError):
        return type(error).__name__
    return "a downloaded file does not have its published hash"

"""What Inductor makes once per machine: precompiled C++ headers, and a test of the instructions.

Without a word from dlbench, both outlive a user's process; here they lie in the cache folder. Seen
on two cores: 8 and 4 of the 20 seconds that the first program takes to compile.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlbench.machine import cache

# What Inductor locks its files with: of no use to another process.
LOCKS = "locks"


class Kept:
    """A folder of a worker whose files are copies of those in the cache folder."""

    def __init__(self, name: str, local: Path) -> None:
        self.local, self.kept = local, cache.folder() / "torch" / name

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Fill the folder before a `with` block; keep what is new once the block has succeeded.

        A worker may be killed at any time: only files that are complete are kept.
        """
        for path in _files(self.kept):
            with suppress(OSError):
                _copy(path, self.local / path.relative_to(self.kept))
        yield
        for path in _files(self.local):
            with suppress(OSError):  # without it, the next run makes them again
                _copy(path, self.kept / path.relative_to(self.local))


def _files(folder: Path) -> list[Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if LOCKS not in path.relative_to(folder).parts]


def _copy(source: Path, target: Path) -> None:
    """Copy a file in one step, unless it is there. No link: a worker may change its own."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"{secrets.token_hex(8)}.new")
    try:
        shutil.copy2(source, new)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def kept_for_the_machine(scratch: Path) -> Iterator[None]:
    """Have what Inductor makes once per machine in a `with` block. scratch: the worker's folder.

    Nothing happens where the headers would lie elsewhere: they are then the user's own.
    """
    from torch._inductor.runtime.cache_dir_utils import default_cache_dir

    if Path(tempfile.gettempdir()) != scratch:
        yield
        return
    headers = Kept("headers", Path(default_cache_dir()) / "precompiled_headers")
    with headers.filled(), Kept("instructions", scratch / "instructions").filled():
        _test_instructions(scratch / "instructions")
        yield


def _test_instructions(folder: Path) -> None:
    """Let Inductor choose the vector instructions, with its compiled test in the folder."""
    from torch._inductor.cpu_vec_isa import pick_vec_isa

    before = os.environ.get("TORCHINDUCTOR_CACHE_DIR", str(folder))
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    try:
        pick_vec_isa()
    finally:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = before

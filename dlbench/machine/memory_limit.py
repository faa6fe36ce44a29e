"""A limit for the memory of a process and of all that it starts afterwards; Linux only.

RLIMIT_DATA counts what a process has of its own and can write: the heap, arrays, the stacks of its
threads. Address space that is only reserved, as CUDA and the frameworks' allocators do by the
terabyte, and mapped files do not count; so it is honest where RLIMIT_AS is not. What exceeds it is
refused by the kernel at once: nobody has to watch, and no sample is disturbed. getrlimit(2).
"""

import sys
from contextlib import suppress

GIBI = 2**30

# What a program prints that ends because memory was refused: Python, C++, and the C library.
WORDS = ("MemoryError", "bad_alloc", "annot allocate memory")


def available() -> bool:
    """Return whether this system can limit the memory of another process."""
    return sys.platform == "linux"


def set_limit(process: int, gib: float) -> None:
    """Limit the memory of a process that this one has started."""
    if sys.platform == "linux":
        import resource

        size = int(gib * GIBI)
        with suppress(ProcessLookupError):  # it has ended
            _, most = resource.prlimit(process, resource.RLIMIT_DATA)
            size = size if most == resource.RLIM_INFINITY else min(size, most)
            resource.prlimit(process, resource.RLIMIT_DATA, (size, size))


def is_told(words: str) -> bool:
    """Return whether a program's last words say that memory was refused."""
    return any(one in words for one in WORDS)

"""A process gets no more memory than it may have; what is only reserved does not count."""

import subprocess
import sys

import pytest

from dlbench.machine import memory_limit

pytestmark = pytest.mark.skipif(not memory_limit.available(), reason="there are no limits")

GIB = 0.25
# What it does after its limit was set; `mmap` with PROT_NONE is how address space is reserved.
WRITE = "bytearray(2**29)"
RESERVE = "import mmap; mmap.mmap(-1, 2**36, flags=mmap.MAP_PRIVATE, prot=0)"


def limited(code, gib=GIB):
    """The last words of a Python with this limit."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"input()\n{code}\nprint('well')"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    memory_limit.set_limit(process.pid, gib)
    said, _ = process.communicate("\n")
    return said.split()[-1]


def test_more_memory_is_refused() -> None:
    assert limited(WRITE) == "MemoryError"


def test_less_memory_is_granted() -> None:
    assert limited(WRITE, gib=4 * GIB) == "well"


def test_what_is_only_reserved_does_not_count() -> None:
    assert limited(RESERVE) == "well"


def test_a_process_that_has_ended_needs_no_limit() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    memory_limit.set_limit(process.pid, GIB)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("MemoryError: 8 GiB", True),
        ("instance of 'std::bad_alloc'", True),
        ("fork: Cannot allocate memory", True),
        ("the card fell off the bus", False),
    ],
)
def test_words_of_refused_memory(words, told) -> None:
    assert memory_limit.is_told(words) is told

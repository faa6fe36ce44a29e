"""The cards as CUDA counts them, and what only CUDA tells of them, asked in a short process.

`cuda:0` is CUDA's first card: by default the fastest, where NVML counts by the place on the bus.
CUDA reads its variables once in a process, so it is asked in another one. That loads CUDA's library
alone: no framework, and no context on any card.
docs.nvidia.com/cuda/cuda-driver-api: group__CUDA__DEVICE.
"""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from dlbench.machine.gpu.variables import VISIBLE

# Whether CUDA counts its cards by speed, or by their place on the bus.
ORDER = "CUDA_DEVICE_ORDER"

LIBRARY = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"

# -P: no file of the current folder is run in place of a module.
COMMAND = (sys.executable, "-P", "-m", "dlbench.machine.gpu.cuda")

# CUDA starts in half a second on most machines, and in some seconds on one with many cards.
LONGEST_S = 30.0

# CUdevice_attribute.
MULTIPROCESSORS, BUS_BITS, L2_BYTES = 16, 37, 38


class Counted(NamedTuple):
    """A card by CUDA's account. digits: its UUID without the word before it, in small letters."""

    digits: str
    multiprocessors: int | None = None
    bus_bits: int | None = None
    l2_bytes: int | None = None


def _answer(environment: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own module
        COMMAND, env=environment, capture_output=True, timeout=LONGEST_S, check=False, text=True
    )
    return done.stdout


def counted(
    variables: Mapping[str, str] = os.environ,
    answer: Callable[[Mapping[str, str]], str] = _answer,
) -> tuple[Counted, ...]:
    """Return all cards in CUDA's order, also hidden ones; none if CUDA does not answer.

    answer: returns what the short process writes in an environment.
    """
    every = {name: value for name, value in variables.items() if name != VISIBLE}
    try:
        found = json.loads(answer(every))
        return tuple(Counted(*one) for one in found)
    except (OSError, ValueError, TypeError, subprocess.SubprocessError):
        return ()


def cards(library: Any) -> Iterator[Counted]:
    """Yield the cards that CUDA's library shows in this process."""
    if library.cuInit(0):
        return
    count = ctypes.c_int()
    if library.cuDeviceGetCount(ctypes.byref(count)):
        return
    for index in range(count.value):
        card, digits = ctypes.c_int(), (ctypes.c_ubyte * 16)()
        is_known = not library.cuDeviceGet(ctypes.byref(card), index)
        # version 2 names the MIG instance where there is one
        if is_known and not library.cuDeviceGetUuid_v2(ctypes.byref(digits), card):
            facts = (_fact(library, name, card) for name in (MULTIPROCESSORS, BUS_BITS, L2_BYTES))
            yield Counted(str(UUID(bytes=bytes(digits))), *facts)


def _fact(library: Any, attribute: int, card: ctypes.c_int) -> int | None:
    value = ctypes.c_int()
    failed = library.cuDeviceGetAttribute(ctypes.byref(value), attribute, card)
    return None if failed else value.value


def main() -> None:
    """Write the cards of this process as JSON."""
    try:
        found = list(cards(ctypes.CDLL(LIBRARY)))
    except (OSError, AttributeError):  # no library, or one from before CUDA 11.4
        found = []
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()

"""NVML, NVIDIA's management library: the only module that imports it.

docs.nvidia.com/deploy/nvml-api. It loads no framework, and a card is not used by asking for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

import pynvml

# What every function raises; its `value` is one of the codes.
Refused: Any = pynvml.NVMLError

CODES: Any = pynvml
"""NVML's constants by their own names."""

# A card that has fallen off its bus, and what NVML says after that: it lists the card no more.
_LOST = (pynvml.NVML_ERROR_GPU_IS_LOST, pynvml.NVML_ERROR_RESET_REQUIRED)
_GONE = (*_LOST, pynvml.NVML_ERROR_NOT_FOUND)


class Library(Protocol):
    """NVML, or what stands for it: functions by their own names, such as `nvmlDeviceGetUUID`."""

    def __getattr__(self, name: str, /) -> Callable[..., Any]:
        """Return a function of NVML."""


LIBRARY = cast("Library", pynvml)


@contextmanager
def opened(library: Library) -> Iterator[Library]:
    """Open the library for a `with` block; Refused without a driver."""
    library.nvmlInit()
    try:
        yield library
    finally:
        library.nvmlShutdown()


def told(library: Library, name: str, *arguments: Any) -> Any:
    """Return the answer of a function; None if the card has none, or may not tell this user.

    Older releases of the module lack the newer functions.
    """
    ask = getattr(library, name, None)
    try:
        return None if ask is None else ask(*arguments)
    except Refused:
        return None


def told_or_lost(library: Library, name: str, *arguments: Any) -> Any:
    """Return the same; Refused if the card is lost."""
    ask = getattr(library, name, None)
    try:
        return None if ask is None else ask(*arguments)
    except Refused as error:
        if error.value in _LOST:
            raise
        return None


def lost(uuid: str, library: Library = LIBRARY) -> bool:
    """Return whether a card that was there is lost; False where nobody knows."""
    try:
        with opened(library):
            library.nvmlDeviceGetName(library.nvmlDeviceGetHandleByUUID(uuid))
    except Refused as error:
        return error.value in _GONE
    return False

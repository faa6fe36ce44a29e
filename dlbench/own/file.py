"""Run a user's own file, in a worker, and tell mistakes in it by file and line.

The user named the file on the command line. It runs as a script would, but for what is below
`if __name__ == "__main__"`.
"""

import hashlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.abc import SourceLoader
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any

from dlbench import files
from dlbench.errors import DlbenchError, one_line
from dlbench.own.contract import MOST_BYTES
from dlbench.records.own import Made, OwnNetwork

# The name of the user's module in the worker.
MODULE = "own_network_file"

# What a file could put in the place of the clocks that time it.
CLOCKS = ("perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "time", "time_ns")
KNOWN = {name: getattr(time, name) for name in CLOCKS}


class _Loader(SourceLoader):
    """Runs the very bytes that were checked, and leaves no compiled copy beside the file."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content = path, content

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002
        return str(self.path)

    def get_data(self, path: str) -> bytes:  # noqa: ARG002
        return self.content


def function(network: OwnNetwork, made: Made) -> Callable[..., Any]:
    """Return a function of the file, which runs once in a process; see `told` for mistakes."""
    found = getattr(_module(network), made.name, None)
    if not callable(found):
        raise DlbenchError(f"{line(network, made.line)}: {made.name} is no function any more")
    _refuse_other_clocks(network)

    def call(*arguments: Any) -> Any:
        with told(network, made):
            result = found(*arguments)
        _refuse_other_clocks(network)
        return result

    return call


def _module(network: OwnNetwork) -> ModuleType:
    """Return the module of the file; DlbenchError if it has changed since it was named."""
    known = sys.modules.get(MODULE)
    if known is not None and getattr(known, "__sha256__", "") == network.sha256:
        return known
    path = Path(network.path)
    try:
        content = files.read(path, MOST_BYTES)
    except OSError as error:
        raise DlbenchError(f"cannot read {path.name} ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != network.sha256:
        raise DlbenchError(f"{path.name} has changed since the run began", hint="Run it anew")
    module = _made(path, content)
    module.__dict__["__sha256__"] = network.sha256
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # last: its neighbours replace no package
    sys.modules[MODULE] = module
    try:
        with told(network, None):
            _Loader(path, content).exec_module(module)
    except BaseException:
        del sys.modules[MODULE]
        raise
    return module


def _made(path: Path, content: bytes) -> ModuleType:
    spec = importlib.util.spec_from_loader(MODULE, _Loader(path, content), origin=str(path))
    if spec is None:  # only for loaders without a file
        raise DlbenchError(f"{path.name} cannot be loaded")
    return importlib.util.module_from_spec(spec)


@contextmanager
def told(network: OwnNetwork, made: Made | None) -> Iterator[None]:
    """Turn what the file raises into an error with file and line, and with what to do.

    made: the function that is called, None while the file itself runs.
    """
    try:
        yield
    except (DlbenchError, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        lines = [number for frame, number in walk_tb(error.__traceback__) if _is_in(frame, network)]
        place = line(network, lines[-1] if lines else made.line if made else 1)
        raise DlbenchError(f"{place}: {_why(error)}", hint=_what_to_do(error, made)) from error


def _is_in(frame: Any, network: OwnNetwork) -> bool:
    return bool(frame.f_code.co_filename == network.path)


def line(network: OwnNetwork, number: int) -> str:
    """Return the file and a line of it, for a message."""
    return f"{Path(network.path).name}, line {number}"


def _why(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"the package {error.name} is not installed"
    if isinstance(error, SystemExit):
        return "the file ends the process (SystemExit)"
    return one_line(error) if isinstance(error, Exception) else type(error).__name__


def _what_to_do(error: BaseException, made: Made | None) -> str:
    if isinstance(error, ModuleNotFoundError):
        return "Install it, or import it inside the function that needs it"
    where = f"{made.name}()" if made else "the file"
    return f"Mend {where}: it must run by itself"


def _refuse_other_clocks(network: OwnNetwork) -> None:
    """Raise DlbenchError if the file has put something in the place of a clock."""
    changed = [name for name, clock in KNOWN.items() if getattr(time, name) is not clock]
    for name in changed:
        setattr(time, name, KNOWN[name])
    if changed:
        name = Path(network.path).name
        raise DlbenchError(f"{name} replaces time.{changed[0]}, so it cannot be timed")

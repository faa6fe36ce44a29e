"""A user's own file in a folder of the test, and what was read of it."""

import sys
from contextlib import contextmanager

from dlbench.own.contract import read
from dlbench.own.file import MODULE

MAKERS = ("torch_model", "keras_model", "jax_model")


@contextmanager
def file_of(folder, text, makers=MAKERS):
    """Write the file; yield its networks by name, and forget the module afterwards."""
    path = folder / "net.py"
    path.write_text(text, encoding="utf-8")
    before = list(sys.path)
    sys.modules.pop(MODULE, None)
    try:
        yield {network.name: network for network in read(path, makers)}
    finally:
        sys.modules.pop(MODULE, None)
        sys.path[:] = before

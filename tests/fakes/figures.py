"""What tests have tried, in figures, for docs/robustness.md.

With DLBENCH_FIGURES, the name of a file, tests add lines of JSON to it, and
tests/docs/test_robustness.py makes the table of them. Several processes may write at a time.
"""

import json
import os
from contextlib import contextmanager

VARIABLE = "DLBENCH_FIGURES"


@contextmanager
def trial(what, **values):
    """Try something in a `with` block; note whether it held. What is put into the yield counts."""
    try:
        yield values
    except BaseException:
        _note({"what": what, **values, "held": False})
        raise
    _note({"what": what, **values, "held": True})


def _note(line):
    if path := os.environ.get(VARIABLE):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(descriptor, f"{json.dumps(line)}\n".encode())  # a line is written at once
        finally:
            os.close(descriptor)

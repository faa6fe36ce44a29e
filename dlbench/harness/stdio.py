"""The standard streams of a worker: the wire's ends are duplicates of them.

The worker writes to a duplicate of its standard output, and its standard output goes to standard
error: text printed by a library cannot get onto the wire.
"""

import os
import sys
from typing import BinaryIO


def take_over_standard_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return the worker's ends of the wire; from then on, prints go to standard error."""
    orders, replies = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(orders, "rb"), os.fdopen(replies, "wb")

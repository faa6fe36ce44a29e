"""Locks that end with the process that holds them, however it ends: flock(2).

None can be left behind. They bind only programs that ask for them.
"""

import sys


def take(descriptor: int, *, shared: bool = False, wait: bool = False) -> bool | None:
    """Lock an open file until it is closed; return whether it is locked.

    shared: beside others who share it; wait: until nobody holds it in another way. None where there
    are no such locks: on some file systems, and on Windows.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True

"""Read the settings of NumPy by which dlbench departs from its defaults.

It imports nothing of dlbench: the tests run it in a process without it, too.
"""

from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_info


def _threads() -> int | None:
    np.ones((1, 1)) @ np.ones((1, 1))  # loads the BLAS, where that waits for a first product
    return max((pool["num_threads"] for pool in threadpool_info()), default=None)


# By the name of the setting, its value in this process.
STATE: dict[str, Callable[[], object]] = {"threadpoolctl.threadpool_limits": _threads}

# By the name of an argument, its default.
ARGUMENTS: dict[str, Callable[[], object]] = {}

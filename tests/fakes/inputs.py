"""How many odd inputs a test tries.

The usual tests try the same ones every time. With DLBENCH_FUZZ, a test tries so many times as many,
others each time: `nox -s fuzz` sets it.
"""

import os
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings

from dlbench.errors import DlbenchError

T = TypeVar("T")

FACTOR = int(os.environ.get("DLBENCH_FUZZ", "1"))


# The inputs that were tried in this process so far.
TRIED = Counter[str]()


def inputs(count: int) -> Callable:
    """Decorate a test: it tries so many inputs, times FACTOR, and counts them."""
    rules = settings(
        max_examples=count * FACTOR,
        derandomize=FACTOR == 1,
        database=None,
        deadline=None,  # the machine may be slow
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=tuple(HealthCheck),
    )

    def decorate(test: Callable) -> Callable:
        inner = test.hypothesis.inner_test

        @wraps(inner)
        def counting(*arguments: Any, **named: Any) -> Any:
            TRIED[inner.__name__] += 1
            return inner(*arguments, **named)

        test.hypothesis.inner_test = counting
        return rules(test)

    return decorate


def unless_refused(
    call: Callable[[], T], refusals: type[Exception] | tuple[type[Exception], ...] = DlbenchError
) -> T | None:
    """What the call returns; None if it refuses in words. Any other exception goes up."""
    try:
        return call()
    except refusals as error:
        told = str(error)
    assert told.strip()
    return None

"""Whether it is told that memory ran out, and the next step works."""

import numpy as np
from card import Card
from verdict import Facts, Verdict, of

from dlbench.backends.base import Backend

NUMBER, SECONDS = 9, 30
CHECKS = "out of memory"

BACKENDS = ("torch", "jax")

# Rows of a square product, doubled until memory runs out: 2²⁰ rows take 4 TiB an array.
FIRST_ROWS, MOST_ROWS = 2**15, 2**20

# Of the product of ones after it, all of whose elements are as many.
ROWS_AFTER = 8


def look(card: Card) -> Facts:
    """Ask for ever larger products of one row by many columns, until memory runs out."""
    return {name: _found(card.started(name)) for name in BACKENDS}


def _found(backend: Backend) -> Facts:
    caught: Exception | None = None
    rows = FIRST_ROWS
    while caught is None and rows <= MOST_ROWS:
        a, b = np.ones((rows, 1), np.float32), np.ones((1, rows), np.float32)
        try:
            backend.matmul(a, b).run()  # a result of rows × rows
            backend.device.wait()
        except Exception as error:  # noqa: BLE001 - what is raised is what is looked at
            caught = error
        rows *= 2
    backend.release()
    small = np.ones((ROWS_AFTER, ROWS_AFTER), np.float32)
    step = backend.matmul(small, small)
    after = backend.device.array(step.tensors(step.run())["product"])
    return {
        "error": None if caught is None else f"{type(caught).__name__}: {caught}"[:200],
        "is_recognised": caught is not None and backend.device.is_out_of_memory(caught),
        "works_after": bool((after == ROWS_AFTER).all()),
    }


def judge(facts: Facts) -> Verdict:
    """The error must be recognised, and the next product right."""
    faults = []
    for name, one in facts.items():
        if one["error"] is None:
            faults.append(f"{name}: memory did not run out")
        elif not one["is_recognised"]:
            faults.append(f"{name}: not recognised: {one['error']}")
        elif not one["works_after"]:
            faults.append(f"{name}: the next product is wrong")
    return of(faults, f"recognised by {' and '.join(facts)}; the next product is right")

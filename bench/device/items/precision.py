"""Whether float32 is float32, and tf32 tf32."""

from typing import Any

import numpy as np
from card import Card
from verdict import Facts, Verdict, of

NUMBER, SECONDS = 8, 20
CHECKS = "precision of products"

BACKENDS, DTYPES = ("torch", "jax"), ("float32", "tf32")

# Enough rows to reach the units that compute in TF32. 1 + 2⁻¹² lies between two numbers of TF32,
# which has 10 bits behind the point, and is a number of float32.
SIZE, VALUE = 1024, 1 + 2.0**-12


def look(card: Card) -> Facts:
    """Multiply a matrix full of one value by the identity; a started framework keeps its dtype."""
    return {
        f"{backend} {dtype}": _product(card, backend, dtype)
        for backend in BACKENDS
        for dtype in DTYPES
    }


def _product(card: Card, name: str, dtype: str) -> float:
    backend = card.started(name, dtype=dtype)
    a = np.full((SIZE, SIZE), VALUE, np.float32)
    step = backend.matmul(a, np.eye(SIZE, dtype=np.float32))
    result: Any = step.tensors(step.run())["product"]
    found = float(backend.device.array(result)[0, 0])
    backend.release()
    return found


def judge(facts: Facts) -> Verdict:
    """float32 must keep the value, and tf32 must not."""
    faults = [
        f"{name} gives {value!r}"
        for name, value in facts.items()
        if (value == VALUE) == name.endswith("tf32")
    ]
    return of(faults, f"right in all {len(facts)}; bfloat16 and the override not tried")

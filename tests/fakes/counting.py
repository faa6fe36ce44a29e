"""An array that counts the matrix products it takes part in: the truth for `workloads/_work.py`."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Tally:
    """flops: 2mnk of every product; elements: operands read and results written, each once."""

    flops: int = 0
    elements: int = 0

    def watch(self, array):
        """The array, counting here; so does everything that is computed from it."""
        watched = np.asarray(array).view(Counting)
        watched.tally = self
        return watched

    def product(self, a, b, c):
        self.flops += 2 * c.size * a.shape[-1]
        self.elements += a.size + b.size + c.size


class Counting(np.ndarray):
    """A NumPy array with a tally, which its views and all results of arithmetic inherit."""

    tally: Tally

    def __array_finalize__(self, source):
        self.tally = getattr(source, "tally", None)

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **settings):
        if out:
            settings["out"] = tuple(map(_plain, out))
        operands = list(map(_plain, inputs))
        result = getattr(ufunc, method)(*operands, **settings)
        if ufunc is np.matmul:
            self.tally.product(*operands, result)
        if out:
            return out[0]
        return self.tally.watch(result) if isinstance(result, np.ndarray) else result


def _plain(value):
    return value.view(np.ndarray) if isinstance(value, Counting) else value

"""Matrix multiplication C = A B of N(0, 1) matrices; A is (m, k), B is (k, n)."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from dlbench.backends.base import Backend
from dlbench.errors import UsageError
from dlbench.parity import oracle
from dlbench.parity.oracle import Expected
from dlbench.records.case import Target, Work, Workload
from dlbench.records.measurement import ParityCheck
from dlbench.reference.arrays import cast, upcast
from dlbench.workloads import _work
from dlbench.workloads.base import Axes, Bound, Kind, Networks, Params, SimpleKind

# Rows of a large product to be checked: enough to see any wrong kernel, and quick to compute.
CHECKED_ROWS = 256


class Matmul(SimpleKind):
    """The product C = A B, where A is (m, k) and B is (k, n)."""

    axes: tuple[str, ...] = ("size", "m", "n", "k")

    def expand(self, axes: Axes, networks: Networks) -> Iterator[Params]:  # noqa: ARG002
        """Yield square products of every size, and every combination of m, n and k.

        Raises UsageError if there is no size, or only a part of m, n and k.
        """
        for size in axes.get("size", []):
            yield {"m": size, "n": size, "k": size}
        if rectangular := axes.keys() & {"m", "n", "k"}:
            if len(rectangular) < len("mnk"):
                raise UsageError(
                    "matmul has only a part of its sizes",
                    value=", ".join(sorted(rectangular)),
                    allowed="m, n and k together, or size",
                )
            for m, n, k in product(*([int(size) for size in axes[axis]] for axis in "mnk")):
                yield {"m": m, "n": n, "k": k}
        elif "size" not in axes:
            raise UsageError("matmul has no sizes", allowed="m, n and k together, or size")

    def work(self, params: Params, networks: Networks) -> Work:  # noqa: ARG002
        """Return 2mnk FLOPs, and the elements of A, B and C."""
        return _work.matmul(int(params["m"]), int(params["n"]), int(params["k"]))

    def bind(
        self,
        backend: Backend,
        target: Target,
        workload: Workload,
        networks: Networks,  # noqa: ARG002
        seed: int,
    ) -> Bound:
        """Bind the product of two seeded random matrices."""
        m, n, k = (int(workload.params[axis]) for axis in "mnk")
        generator, dtype = np.random.default_rng([seed, m, n, k]), target.dtype
        a = cast(generator.standard_normal((m, k), np.float32), dtype)
        b = cast(generator.standard_normal((k, n), np.float32), dtype)
        step = backend.matmul(a, b)

        def check() -> tuple[ParityCheck, ...]:
            rows = np.unique(np.linspace(0, m - 1, min(m, CHECKED_ROWS)).astype(int))
            got = backend.device.array(step.tensors(step.run())["product"])[rows]
            expected = {"product": Expected(upcast(a[rows]) @ upcast(b))}
            return oracle.check(expected, {"product": got}, oracle.relative_tolerance(dtype, k))

        return Bound(step, check)


KIND: Kind = Matmul()

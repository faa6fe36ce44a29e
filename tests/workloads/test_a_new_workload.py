"""Adding a workload is adding one file and editing no list: the product A A of a matrix does it."""

import pytest

from fakes.package import PackageCopy

NAME = "square"

WORKLOAD = '''
"""The square of a random matrix."""

import numpy as np

from dlbench.parity import oracle
from dlbench.records.case import Work
from dlbench.reference.arrays import cast, upcast
from dlbench.workloads.base import Bound, SimpleKind


class Square(SimpleKind):
    """The product A A of an (n, n) matrix."""

    axes = ("size",)

    def expand(self, axes, networks):
        for size in axes.get("size", [4, 8]):
            yield {"size": size}

    def work(self, params, networks):
        size = params["size"]
        return Work(flops=2 * size**3, elements=2 * size**2)

    def bind(self, backend, target, workload, networks, seed):
        size = workload.params["size"]
        a = np.random.default_rng(seed).standard_normal((size, size))
        a = cast(a, target.dtype)
        step = backend.matmul(a, a)

        def check():
            product = backend.device.array(step.tensors(step.run())["product"])
            expected = {"product": oracle.Expected(upcast(a) @ upcast(a))}
            tolerance = oracle.relative_tolerance(target.dtype, size)
            return oracle.check(expected, {"product": product}, tolerance)

        return Bound(step, check)


KIND = Square()
'''


@pytest.fixture
def package(tmp_path):
    """A copy of the package with one more workload."""
    copy = PackageCopy(tmp_path)
    copy.add(f"dlbench/workloads/{NAME}.py", WORKLOAD)
    return copy


def test_it_is_listed(package):
    assert "The square of a random matrix." in package.run("list", "workloads")


def test_it_is_planned_with_its_own_axes(package):
    assert f"{NAME}/16" in package.run("run", NAME, "--backend", "numpy", "--size", 16, "--dry-run")


def test_it_is_measured_and_checked(package):
    measured = package.measure(NAME, "--backend", "numpy")
    assert [line["case"].split("/")[:3] for line in measured] == [
        [NAME, "4", "numpy"],
        [NAME, "8", "numpy"],
    ]
    for line in measured:
        assert line["status"] == "ok"
        assert line["samples"]
        assert all(check["error"] <= check["tolerance"] for check in line["parity"])

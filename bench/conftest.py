"""pytest-benchmark over the same cases and backends as the suites: one framework per process."""

import tempfile
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import pytest
from msgspec.structs import asdict

from dlbench import registry
from dlbench.analysis.rows import worst_check
from dlbench.backends.base import Backend
from dlbench.errors import DlbenchError
from dlbench.harness.worker.setup import assert_placed, start_here
from dlbench.machine import environment
from dlbench.networks.base import every
from dlbench.plan import suite
from dlbench.records.case import Declaration, Target, Workload
from dlbench.workloads.base import kind_named


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the target of this process."""
    group = parser.getgroup("dlbench")
    group.addoption("--backend", default="numpy", choices=registry.names("backends"))
    group.addoption("--mode", default=None, help="the backend's first mode if not given")
    group.addoption("--device", default="cpu")
    group.addoption("--dtype", default="float32")
    group.addoption("--threads", type=int, default=environment.usable_cores())


def target_of(config: pytest.Config) -> Target:
    """The target that the options say."""
    name = config.getoption("--backend")
    modes = registry.declaration("backends", name, Declaration).modes
    mode = config.getoption("--mode") or next(iter(modes))
    if mode not in modes:
        raise pytest.UsageError(f"--mode {mode}: {name} has {', '.join(modes)}")
    return Target(
        name,
        config.getoption("--device"),
        mode,
        config.getoption("--dtype"),
        config.getoption("--threads"),
    )


@pytest.fixture(scope="session")
def target(pytestconfig: pytest.Config) -> Target:
    """The target of this process."""
    return target_of(pytestconfig)


@pytest.fixture(scope="session")
def backend(target: Target) -> Iterator[Backend]:
    """The framework, imported with the environment that its backend declares."""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            yield start_here(target, scratch)
        except (DlbenchError, ImportError) as error:
            pytest.exit(f"{target.backend} cannot be started: {error}", returncode=2)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for every workload of the suite that its module names; its id has the target too."""
    if "workload" in metafunc.fixturenames:
        every = workloads(metafunc.module.SUITE)
        target = target_of(metafunc.config).id
        metafunc.parametrize("workload", every, ids=[f"{one.id}, {target}" for one in every])


def workloads(suite_name: str) -> list[Workload]:
    """The workloads of a suite; on MNIST's shapes where the data is not at hand."""
    return [
        Workload(kind_name, params, kind_named(kind_name).work(params, every()), synthetic(params))
        for entry in suite.load(suite_name).entries
        for kind_name in entry.kinds
        for params in kind_named(kind_name).expand(entry.axes, every())
    ]


def synthetic(params: dict[str, int | str]) -> bool:
    """Whether the real data cannot be had."""
    name = params.get("network")
    if name is None:
        return False
    return registry.load("datasets", every()[str(name)].dataset).unavailable_reason() is not None


@pytest.fixture
def measure(backend: Backend, target: Target, benchmark: Any) -> Callable[[Workload], None]:
    """Bind a workload, check it against the oracle, then hand it to pytest-benchmark."""

    def measured(workload: Workload) -> None:
        bound = kind_named(workload.kind).bind(backend, target, workload, every(), seed=0)
        step = bound.step
        assert_placed(backend, target, step.tensors(step.run()))
        checks = bound.check()
        assert all(check.passed for check in checks), checks

        def synced() -> None:
            step.run()
            backend.device.wait()

        worst = worst_check(checks)
        benchmark.group = workload.id
        benchmark.extra_info |= {
            "case": f"{workload.id}/{target.id}",
            **({f"parity_{name}": value for name, value in asdict(worst).items()} if worst else {}),
            "synthetic": workload.synthetic,
        }
        step.reset()
        benchmark(synced)
        backend.release()
        if benchmark.stats:  # absent under --benchmark-disable
            seconds = median(benchmark.stats.stats.data)
            benchmark.extra_info["gflops"] = workload.work.flops / seconds / 1e9

    return measured

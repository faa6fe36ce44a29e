"""How the worker of a target is started."""

from types import SimpleNamespace

from msgspec.structs import replace

from dlbench import launching, wire
from dlbench.model import Target
from dlbench.targets import read_declarations


def test_a_worker_gets_the_environment_that_its_backend_declares(monkeypatch, tmp_path):
    launched = []

    def launch(*arguments):
        launched.append(arguments)
        return SimpleNamespace(scratch=SimpleNamespace(name="/scratch"))

    monkeypatch.setattr(launching, "WorkerProcess", launch)
    declared = replace(
        read_declarations()["numpy"],
        environment={"OMP_NUM_THREADS": "{threads}", "CACHE": "{scratch}/cache", "LOGS": "0"},
    )
    target = Target("numpy", "cuda:1", "eager", "float32", 3)
    _, order = launching.launcher({"numpy": declared}, tmp_path)(target)
    assert order == wire.Start(target, "/scratch")
    variables = {"OMP_NUM_THREADS": "3", "CACHE": "{scratch}/cache", "LOGS": "0"}
    assert launched == [(variables, tmp_path / "numpy-cuda1-eager-float32-t3.log")]

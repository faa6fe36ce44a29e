"""Starts the worker process of a target, with the environment that its backend declares."""

from collections.abc import Mapping
from pathlib import Path

from dlbench import wire
from dlbench.crew import Launch, Worker
from dlbench.model import Declaration, Target
from dlbench.processes import WorkerProcess


def launcher(declarations: Mapping[str, Declaration], logs: Path) -> Launch:
    """What a crew starts its workers with; their logs go to the folder `logs`."""

    def launch(target: Target) -> tuple[Worker, wire.Start]:
        variables = {
            name: value.replace("{threads}", str(target.threads))
            for name, value in declarations[target.backend].environment.items()
        }
        log = logs / f"{target.file_name}.log"
        worker = WorkerProcess(variables, log)
        return worker, wire.Start(target, worker.scratch.name)

    return launch

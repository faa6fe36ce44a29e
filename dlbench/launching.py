"""Starts the worker process of a target, with the environment that its backend declares."""

import shutil
import tempfile
from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from dlbench import targets, wire
from dlbench.crew import Worker
from dlbench.model import Declaration, Target
from dlbench.processes import WorkerProcess


class Launcher(AbstractContextManager["Launcher"]):
    """What a crew starts its workers with; their logs go to the folder `logs`.

    Compiled code lies in a folder of its own for every seat, which a cold start empties and a warm
    one finds as the last worker of the seat has left it. On exit all of them are removed. renews:
    whether workers will be renewed, where they can be.
    """

    def __init__(
        self, declarations: Mapping[str, Declaration], logs: Path, *, renews: bool = False
    ) -> None:
        self.declarations, self.logs, self.renews = declarations, logs, renews
        self.root = tempfile.TemporaryDirectory(prefix="dlbench-", ignore_cleanup_errors=True)
        self.scratches: dict[Hashable, str] = {}

    def __exit__(self, *failure: object) -> None:
        """Remove what was compiled."""
        self.root.cleanup()

    def __call__(
        self, target: Target, seat: Hashable = None, *, warm: bool = False
    ) -> tuple[Worker, wire.Start]:
        """A started worker, and the order for it to begin with."""
        scratch = self._scratch(seat, warm=warm)
        declared, threads = self.declarations[target.backend], str(target.threads)
        variables = {
            name: value.replace("{threads}", threads).replace("{scratch}", scratch)
            for name, value in declared.environment.items()
        }
        kind = declared.modes[target.mode]
        worker = WorkerProcess(variables, self.logs / f"{target.file_name}.log")
        renewable = self.renews and targets.can_be_renewed(target, declared)
        return worker, wire.Start(target, scratch, kind, renewable=renewable)

    def _scratch(self, seat: Hashable, *, warm: bool) -> str:
        if not (warm and seat in self.scratches):
            if seat in self.scratches:
                shutil.rmtree(self.scratches[seat], ignore_errors=True)
            self.scratches[seat] = tempfile.mkdtemp(dir=self.root.name)
        return self.scratches[seat]

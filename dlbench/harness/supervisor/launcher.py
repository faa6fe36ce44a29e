"""Starts the workers of a run: their variables, logs, folders of compiled code, and keeper."""

import shutil
import tempfile
from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from dlbench.harness import fork_server, wire
from dlbench.harness.keeper import Keeper
from dlbench.harness.supervisor.pool import Worker
from dlbench.harness.supervisor.process import COMMAND, WorkerProcess
from dlbench.records.case import Declaration, Target


class Launcher(AbstractContextManager["Launcher"]):
    """Starts the workers of a pool; their logs go to the folder `logs`.

    Every slot has its own folder for compiled code. A cold start empties it; a warm start keeps the
    code of the last worker. On exit all these folders are removed. renews: whether to renew the
    workers that can be renewed; memory_gib: the most memory of a worker, None for no limit.
    """

    def __init__(
        self,
        declarations: Mapping[str, Declaration],
        logs: Path,
        *,
        renews: bool = False,
        memory_gib: float | None = None,
    ) -> None:
        self.declarations, self.logs, self.renews = declarations, logs, renews
        self.memory_gib = memory_gib
        self.keeper = Keeper()
        self.scratches: dict[Hashable, str] = {}

    def __exit__(self, *failure: object) -> None:
        """End what workers have left behind, and remove all compiled code."""
        self.keeper.close()

    def __call__(
        self, target: Target, slot: Hashable = None, *, warm: bool = False
    ) -> tuple[Worker, wire.Start]:
        """Start a worker; return it and its first order."""
        scratch = self._scratch(slot, warm=warm)
        declared = self.declarations[target.backend]
        kind = declared.modes[target.mode]
        variables = declared.variables(target.threads, scratch)
        log = self._log_of(target)
        worker = WorkerProcess(variables, log, COMMAND, self.keeper, self.memory_gib)
        renewable = self.renews and can_be_renewed(target, declared)
        return worker, wire.Start(target, scratch, kind, renewable=renewable)

    def _log_of(self, target: Target) -> Path:
        return self.logs / f"{target.file_name}.log"

    def _scratch(self, slot: Hashable, *, warm: bool) -> str:
        if not (warm and slot in self.scratches):
            if slot in self.scratches:
                shutil.rmtree(self.scratches[slot], ignore_errors=True)
            self.scratches[slot] = tempfile.mkdtemp(dir=self.keeper.folder.name)
        return self.scratches[slot]


def can_be_renewed(target: Target, declared: Declaration) -> bool:
    """Return whether a started worker of this target can be copied (fork_server.py).

    Not in a static mode: every copy would compile again. Not on an accelerator: no copy can use its
    context.
    """
    is_dynamic = declared.modes[target.mode] == "dynamic"
    return declared.fork_safe and is_dynamic and target.device == "cpu" and fork_server.available()

"""Starts the workers of a run: their variables, logs, folders of compiled code, and keeper."""

import shutil
import tempfile
from collections.abc import Callable, Hashable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec.structs import replace

from dlbench.harness import fork_server, wire
from dlbench.harness.keeper import Keeper
from dlbench.harness.supervisor.pool import Worker
from dlbench.harness.supervisor.process import COMMAND, WorkerProcess
from dlbench.machine.gpu import identity
from dlbench.records.case import Declaration, Target


class Launcher(AbstractContextManager["Launcher"]):
    """Starts the workers of a pool; their logs go to the folder `logs`.

    Every slot has its own folder for compiled code. A cold start empties it; a warm start keeps the
    code of the last worker. On exit all these folders are removed. renews: whether to renew the
    workers that can be renewed; memory_gib: the most memory of a worker, None for no limit;
    card_of: returns the UUID of the card of a device, if it is known. The worker of a card sees
    that card alone, by its UUID, and so under the number 0; the worker of the CPU sees none.
    """

    def __init__(
        self,
        declarations: Mapping[str, Declaration],
        logs: Path,
        *,
        renews: bool = False,
        memory_gib: float | None = None,
        card_of: Callable[[str], str] = identity.card_of,
    ) -> None:
        self.declarations, self.logs, self.renews = declarations, logs, renews
        self.memory_gib, self.card_of = memory_gib, card_of
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
        card = self.card_of(target.device)
        variables = declared.variables(target.threads, scratch)
        variables |= identity.environment_of(target.device, card)
        log = self._log_of(target)
        worker = WorkerProcess(variables, log, COMMAND, self.keeper, self.memory_gib)
        renewable = self.renews and can_be_renewed(target, declared)
        seen = replace(target, device=target.device.partition(":")[0]) if card else target
        return worker, wire.Start(seen, scratch, kind, renewable=renewable, card=card)

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

"""A worker process seen from the supervisor: start it, tell it, hear it, park it, be rid of it.

Whatever a worker does (raise, hang, die, speak rubbish) is heard as a Failed. It must not know
what is measured.
"""

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Thread
from typing import BinaryIO, cast

from dlbench.harness import fork_server, wire
from dlbench.harness.parking import parking_for
from dlbench.harness.supervisor.pool import Worker
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Declaration, Target

# -P: a `torch.py` or `random.py` in the current folder is not for us to run.
COMMAND = (sys.executable, "-P", "-m", "dlbench.harness.worker")

# The same for the Python processes that a framework starts.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}

# A worker that has closed its wire is dying; this is how long its exit code is waited for.
GRACE_S = 5.0

# Lines of a dead worker's log that are looked through for its last words.
LAST_LINES = 5


class WorkerProcess:
    """One live worker. log: the file that takes its standard error, or None."""

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.log = log
        self.scratch = tempfile.TemporaryDirectory(prefix="dlbench-", ignore_cleanup_errors=True)
        # what a framework leaves in the folder for temporary files goes with the worker
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self.scratch.name)
        with open(log or os.devnull, "ab") as errors:
            self._first_word = errors.tell() if log else 0  # what is before is of another worker
            # a group of its own: Ctrl-C is for the supervisor, which ends its workers in order
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **temporary, **SAFE_PATH, **environment},
                start_new_session=True,  # on POSIX
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # on Windows
            )
        self._orders = cast("BinaryIO", self._process.stdin)
        self._heard: queue.SimpleQueue[Reply | Exception | None] = queue.SimpleQueue()
        replies = cast("BinaryIO", self._process.stdout)
        Thread(target=self._listen, args=(replies,), daemon=True).start()
        self._parking = parking_for(self._process.pid)
        self._copy: int | None = None  # the process that answers, where it is not the child
        self.alive = True

    def _listen(self, replies: BinaryIO) -> None:
        """Turn what comes over the wire into replies, until it ends; runs in a thread."""
        with contextlib.closing(replies):
            while True:
                try:
                    reply = wire.receive_reply(replies)
                except (wire.Rubbish, OSError) as error:
                    self._heard.put(error)
                    return
                self._heard.put(reply)
                if reply is None:
                    return

    def tell(self, order: Order) -> None:
        """Send an order; a worker that is gone is noticed when it is heard."""
        if isinstance(order, wire.Renew):
            self._copy = None  # the next one says which process it is
        with contextlib.suppress(OSError):
            wire.send(self._orders, order)

    def hear(self, timeout_s: float) -> Reply:
        """The next reply. After a Failed that the worker did not send itself, it is dead."""
        try:
            reply = self._heard.get(timeout=timeout_s)
        except queue.Empty:
            self.close()
            return wire.Failed(
                "timed_out", f"no answer within {timeout_s:g} s; a suite can allow more: timeout_s"
            )
        if isinstance(reply, Exception):
            self.close()
            return wire.Failed("failed", f"the worker spoke rubbish: {reply}")
        if isinstance(reply, wire.Ready) and reply.process:
            self._answered_by(reply.process)
        return self._epitaph() if reply is None else reply

    def _answered_by(self, copy: int) -> None:
        refusal = self._parking.refusal
        self._copy, self._parking = copy, parking_for(copy, is_child=False)
        self._parking.refusal = refusal

    def park(self) -> None:
        """Stop all its threads, and those of what it has started, as far as the platform can."""
        if self.alive:
            self._parking.stop()

    def resume(self) -> None:
        """Let it go on."""
        if self.alive:
            self._parking.resume()

    def parking(self) -> str:
        """How it is parked, or why it cannot be."""
        return self._parking.refusal or self._parking.how

    def cpu_s(self) -> float | None:
        """CPU seconds that the worker has used so far; None where unknown."""
        return self._parking.cpu_s()

    def _epitaph(self) -> wire.Failed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        code = self._process.returncode
        self.close()
        if code is not None and -code == getattr(signal, "SIGKILL", None):
            # nobody here sends it before close(): it is the kernel's answer to lack of memory
            return wire.Failed("out_of_memory", "the worker was killed by the system")
        words = self._last_words()
        return wire.Failed("failed", f"the worker {_end(code)}" + (f": {words}" if words else ""))

    def _last_words(self) -> str:
        if self.log is None:
            return ""
        words = self.log.read_bytes()[self._first_word :]
        lines = words.decode("utf-8", errors="replace").splitlines()
        said = [line.strip() for line in lines[-LAST_LINES:] if line.strip()]
        return said[-1] if said else ""

    def close(self) -> None:
        """End the worker at once: nothing that it holds is wanted any more."""
        if not self.alive:
            return
        self.alive = False
        with contextlib.suppress(OSError):
            self._orders.close()
        self._kill()
        self._process.wait()
        self.scratch.cleanup()

    def _kill(self) -> None:
        """The worker and all that it has started, such as a compiler's helpers.

        A copy first: the process that it is of collects it, and ends as it did (fork_server.py).
        """
        if self._copy is not None:
            _kill_group(self._copy)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        if hasattr(os, "killpg"):  # not on Windows
            _kill_group(self._process.pid)
        self._process.kill()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


def _end(code: int | None) -> str:
    if code is None:
        return "closed its wire and lived on"
    return f"died with signal {-code}" if code < 0 else f"died with exit code {code}"


class Launcher(AbstractContextManager["Launcher"]):
    """What a pool starts its workers with; their logs go to the folder `logs`.

    Compiled code lies in a folder of its own for every slot, which a cold start empties and a warm
    one finds as the last worker of the slot has left it. On exit all of them are removed. renews:
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
        self, target: Target, slot: Hashable = None, *, warm: bool = False
    ) -> tuple[Worker, wire.Start]:
        """A started worker, and the order for it to begin with."""
        scratch = self._scratch(slot, warm=warm)
        declared = self.declarations[target.backend]
        kind = declared.modes[target.mode]
        variables = declared.variables(target.threads, scratch)
        worker = WorkerProcess(variables, self.logs / f"{target.file_name}.log")
        renewable = self.renews and can_be_renewed(target, declared)
        return worker, wire.Start(target, scratch, kind, renewable=renewable)

    def _scratch(self, slot: Hashable, *, warm: bool) -> str:
        if not (warm and slot in self.scratches):
            if slot in self.scratches:
                shutil.rmtree(self.scratches[slot], ignore_errors=True)
            self.scratches[slot] = tempfile.mkdtemp(dir=self.root.name)
        return self.scratches[slot]


def can_be_renewed(target: Target, declared: Declaration) -> bool:
    """Whether fresh copies of its worker may be made once it has started (fork_server.py).

    Not of one that compiles, which every copy would do again, nor of one that drives an
    accelerator, whose context no copy can use.
    """
    is_dynamic = declared.modes[target.mode] == "dynamic"
    return declared.fork_safe and is_dynamic and target.device == "cpu" and fork_server.available()

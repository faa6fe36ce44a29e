"""A worker process, seen from the supervisor: start, send orders, receive replies, park, end.

Every fault of a worker (error, hang, death, unreadable message) becomes a Failed reply. It must not
know any workload.
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
from functools import partial
from pathlib import Path
from threading import Thread
from typing import BinaryIO, cast

from dlbench.harness import family, fork_server, lifeline, wire
from dlbench.harness.keeper import Keeper
from dlbench.harness.parking import parking_for
from dlbench.harness.supervisor.pool import Worker
from dlbench.harness.wire import Order, Reply
from dlbench.records.case import Declaration, Target

# -P: Python must not run a `torch.py` or `random.py` in the current folder.
COMMAND = (sys.executable, "-P", "-m", "dlbench.harness.worker")

# The same for the Python processes of a framework.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}

# A worker with a closed wire is about to end: the time to wait for its exit code.
GRACE_S = 5.0

# The end of a dead worker's log that is searched for its last words: so many bytes, as a log may
# have any size, and so many lines.
LAST_BYTES = 64 * 2**10
LAST_LINES = 5


class WorkerProcess:
    """One worker process. log: the file for its standard error, or None.

    keeper: of the run, which ends what the worker has started if the supervisor cannot.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path | None = None,
        command: Sequence[str] = COMMAND,
        keeper: Keeper | None = None,
    ) -> None:
        self.log = log
        self.mark = keeper.next_mark() if keeper else lifeline.new_mark()
        self.scratch = tempfile.TemporaryDirectory(
            prefix="dlbench-",
            dir=keeper.folder.name if keeper else None,
            ignore_cleanup_errors=True,
        )
        # temporary files of a framework are removed with the worker
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self.scratch.name)
        with open(log or os.devnull, "ab") as errors:
            self._log_start = errors.tell() if log else 0  # earlier text is of another worker
            # its own process group: Ctrl-C reaches the supervisor only, which ends its workers
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={
                    **os.environ,
                    **temporary,
                    **SAFE_PATH,
                    lifeline.MARK: self.mark,
                    **environment,
                },
                start_new_session=True,  # on POSIX
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # on Windows
            )
        self._orders = cast("BinaryIO", self._process.stdin)
        self._replies: queue.SimpleQueue[Reply | Exception | None] = queue.SimpleQueue()
        replies = cast("BinaryIO", self._process.stdout)
        Thread(target=self._listen, args=(replies,), daemon=True).start()
        self._parking = parking_for(self._process.pid)
        self._copy: int | None = None  # the id of the answering process, if it is not the child
        self.alive = True

    def _listen(self, replies: BinaryIO) -> None:
        """Read replies from the wire until it ends; runs in a thread."""
        with contextlib.closing(replies):
            while True:
                try:
                    reply = wire.receive_reply(replies)
                except (wire.UnreadableMessage, OSError) as error:
                    self._replies.put(error)
                    return
                self._replies.put(reply)
                if reply is None:
                    return

    def tell(self, order: Order) -> None:
        """Send an order; `hear` reports a worker that has ended."""
        if isinstance(order, wire.Renew):
            self._copy = None  # the next reply names the new process
        with contextlib.suppress(OSError):
            wire.send(self._orders, order)

    def hear(self, timeout_s: float) -> Reply:
        """Return the next reply; end the worker if it is silent, unreadable or dead."""
        try:
            reply = self._replies.get(timeout=timeout_s)
        except queue.Empty:
            self.close()
            return wire.Failed(
                "timed_out",
                f"no answer from the worker process within {timeout_s:g} s; "
                "timeout_s of a suite raises the limit",
            )
        if isinstance(reply, Exception):
            self.close()
            return wire.Failed("failed", f"unreadable answer from the worker process: {reply}")
        if isinstance(reply, wire.Ready) and reply.process:
            self._follow(reply.process)
        return self._end() if reply is None else reply

    def _follow(self, copy: int) -> None:
        """Park the copy from now on, instead of the process that it was copied from."""
        refusal = self._parking.refusal
        self._copy, self._parking = copy, parking_for(copy, is_child=False)
        self._parking.refusal = refusal

    def park(self) -> None:
        """Stop all threads of the worker and of its child processes, if the platform can."""
        if self.alive:
            self._parking.stop()

    def resume(self) -> None:
        """Let the worker go on."""
        if self.alive:
            self._parking.resume()

    def parking(self) -> str:
        """Return how the worker is parked, or why it cannot be."""
        return self._parking.refusal or self._parking.how

    def cpu_s(self) -> float | None:
        """Return the CPU seconds of the worker so far; None if unknown."""
        return self._parking.cpu_s()

    def _end(self) -> wire.Failed:
        """Return why the worker has closed its wire, after its end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE_S)
        code = self._process.returncode
        self.close()
        if code is not None and -code == getattr(signal, "SIGKILL", None):
            # dlbench sends SIGKILL in close() only: here the kernel sent it, for lack of memory
            return wire.Failed("out_of_memory", "the system killed the worker process")
        words = self._last_words()
        return wire.Failed(
            "failed", f"the worker process {_ending(code)}" + (f": {words}" if words else "")
        )

    def _last_words(self) -> str:
        """Return the last line of the worker's log that is not empty."""
        if self.log is None:
            return ""
        with self.log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - LAST_BYTES))
            words = log.read(LAST_BYTES)
        lines = words.decode("utf-8", errors="replace").splitlines()
        texts = [line.strip() for line in lines[-LAST_LINES:] if line.strip()]
        return texts[-1] if texts else ""

    def close(self) -> None:
        """End the worker at once, with everything it holds."""
        if not self.alive:
            return
        self.alive = False
        with contextlib.suppress(OSError):
            self._orders.close()
        self._kill()
        self._process.wait()
        self.scratch.cleanup()

    def _kill(self) -> None:
        """Kill the worker and all its child processes, such as a compiler's helpers.

        A copy comes first: its parent collects it, and ends as it did (fork_server.py). What has
        left the worker's process group is a descendant of the worker as long as that lives, and has
        its mark.
        """
        has_died = self._process.poll() is not None
        started = family.descendants(self._process.pid)
        if self._copy is not None:
            _kill_group(self._copy)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        if hasattr(os, "killpg"):  # not on Windows
            _kill_group(self._process.pid)
        self._process.kill()
        family.kill(started)
        if has_died:
            family.end(partial(family.marked, self.mark))


def _kill_group(leader: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)


def _ending(code: int | None) -> str:
    """Return how a process with this exit code ended, None for one that is still alive."""
    if code is None:
        return "closed its connection but did not end"
    return f"died with signal {-code}" if code < 0 else f"died with exit code {code}"


class Launcher(AbstractContextManager["Launcher"]):
    """Starts the workers of a pool; their logs go to the folder `logs`.

    Every slot has its own folder for compiled code. A cold start empties it; a warm start keeps the
    code of the last worker. On exit all these folders are removed. renews: whether to renew the
    workers that can be renewed.
    """

    def __init__(
        self, declarations: Mapping[str, Declaration], logs: Path, *, renews: bool = False
    ) -> None:
        self.declarations, self.logs, self.renews = declarations, logs, renews
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
        worker = WorkerProcess(variables, self._log_of(target), COMMAND, self.keeper)
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

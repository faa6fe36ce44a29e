"""A worker process, seen from the supervisor: start, send orders, receive replies, park, end.

Every fault of a worker (error, hang, death, unreadable message) becomes a Failed reply. It must not
know any workload.
"""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Thread
from typing import BinaryIO, cast

import psutil

from dlbench.errors import LONGEST_REASON
from dlbench.harness import family, lifeline, transport, wire
from dlbench.harness.keeper import Keeper
from dlbench.harness.parking import parking_for
from dlbench.harness.supervisor.log import WorkerLog
from dlbench.harness.wire import Order, Reply
from dlbench.machine import memory_limit
from dlbench.machine.oom import OomKills

# -P: Python must not run a `torch.py` or `random.py` in the current folder.
COMMAND = (sys.executable, "-P", "-m", "dlbench.harness.worker")

# The same for the Python processes of a framework.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}

# A worker with a closed wire is about to end: the time to wait for its exit code.
GRACE_S = 5.0

# A process that outlives its worker may hold the pipe of its log: the time to wait for the end.
LOG_GRACE_S = 0.2

# How often a silent worker is looked at: whether it has died while a child of it holds the wire.
LOOK_S = 1.0

# After the time limit, an answer may be in the pipe that the listening thread has not read yet.
LAST_LOOK_S = 0.1

# All workers share it, so that every kill of the system is the reason of one death.
OOM_KILLS = OomKills()


class WorkerProcess:
    """One worker process. log: the file for its standard error, or None.

    keeper: of the run, which ends what the worker has started if the supervisor cannot; memory_gib:
    its most memory, None for no limit.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path | None = None,
        command: Sequence[str] = COMMAND,
        keeper: Keeper | None = None,
        memory_gib: float | None = None,
    ) -> None:
        self.memory_gib = memory_gib
        self.mark = keeper.next_mark() if keeper else lifeline.new_mark()
        self.scratch = tempfile.TemporaryDirectory(
            prefix="dlbench-",
            dir=keeper.folder.name if keeper else None,
            ignore_cleanup_errors=True,
        )
        # temporary files of a framework are removed with the worker
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self.scratch.name)
        self.log = WorkerLog(log) if log else None
        # its own process group: Ctrl-C reaches the supervisor only, which ends its workers
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.log.fileno() if self.log else subprocess.DEVNULL,
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
        finally:
            if self.log is not None:
                self.log.handed_over()
        if memory_gib is not None:
            memory_limit.set_limit(self._process.pid, memory_gib)
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
                    reply = transport.receive_reply(replies)
                except Exception as error:  # noqa: BLE001 - a thread that ends in silence is waited for
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
            transport.send(self._orders, order)

    def hear(self, timeout_s: float) -> Reply:
        """Return the next reply; end the worker if it is silent, unreadable or dead."""
        try:
            reply = self._next(timeout_s)
        except queue.Empty:
            self.close()
            silence = f"no answer from the worker process within {timeout_s:g} s"
            return wire.Failed("timed_out", silence)
        if isinstance(reply, wire.Ready) and (copy := reply.process) is not None:
            if self._is_parent_of(copy):
                self._follow(copy)
            else:
                reply = transport.UnreadableMessage(f"process {copy} is no copy of it")
        if isinstance(reply, Exception):
            self.close()
            return wire.Failed("failed", f"unreadable answer from the worker process: {reply}")
        if reply is None:
            reply = self._end()
        return self._limited(reply) if isinstance(reply, wire.Failed) else reply

    def _limited(self, failed: wire.Failed) -> wire.Failed:
        """Name the limit of memory, which may be the reason; memory of a GPU has no limit."""
        no_memory = failed.status == "out_of_memory" or memory_limit.is_told(failed.reason)
        if self.memory_gib is None or not no_memory:
            return failed
        limit = f"--memory-limit is {self.memory_gib:g} GiB of the host's memory"
        reason = failed.reason[: LONGEST_REASON - len(limit) - 2]
        return wire.Failed("out_of_memory", f"{reason}; {limit}")

    def _next(self, timeout_s: float) -> Reply | Exception | None:
        """Return the next reply; None if the worker has ended; queue.Empty if it is silent.

        Time in which this process was stopped itself (Ctrl-Z) does not count: every wait counts
        as what was asked for. A dead worker has ended, whoever still holds its end of the wire.
        """
        left_s = timeout_s
        while left_s > 0 and self._process.poll() is None:
            with contextlib.suppress(queue.Empty):
                return self._replies.get(timeout=min(left_s, LOOK_S))
            left_s -= LOOK_S
        with contextlib.suppress(queue.Empty):
            return self._replies.get(timeout=LAST_LOOK_S)
        if self._process.poll() is None:
            raise queue.Empty
        return None

    def _is_parent_of(self, copy: int) -> bool:
        """Return whether a process was forked by the worker: its number is not just believed."""
        try:
            return psutil.Process(copy).ppid() == self._process.pid
        except (psutil.Error, ValueError, OverflowError):
            return False

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
            return _killed(OOM_KILLS.is_new())
        words = self.log.last_words() if self.log else ""
        return wire.Failed(
            "failed", f"the worker process {_ending(code)}" + (f": {words}" if words else "")
        )

    def close(self) -> None:
        """End the worker at once, with everything it holds."""
        if not self.alive:
            return
        self.alive = False
        with contextlib.suppress(OSError):
            self._orders.close()
        self._kill()
        self._process.wait()
        if self.log is not None:
            self.log.wait(LOG_GRACE_S)
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


def _killed(by_oom: bool | None) -> wire.Failed:  # noqa: FBT001 - the one thing to know
    """Return why a worker died of SIGKILL, which dlbench itself sends in close() only."""
    if by_oom:
        return wire.Failed("out_of_memory", "the system killed the worker process")
    maybe = "; perhaps memory ran out: the system does not tell" if by_oom is None else ""
    return wire.Failed("failed", f"the worker process was killed from outside (SIGKILL){maybe}")


def _ending(code: int | None) -> str:
    """Return how a process with this exit code ended, None for one that is still alive."""
    if code is None:
        return "closed its connection but did not end"
    return f"died with signal {-code}" if code < 0 else f"died with exit code {code}"

"""Measure alone on this machine: wait for another dlbench, refuse to, or measure beside it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from msgspec.structs import replace

from dlbench import locks
from dlbench.api.invocation import Watch, unwatched
from dlbench.errors import UsageError
from dlbench.machine import occupancy
from dlbench.machine.occupancy import Occupancy, Presence
from dlbench.records.measurement import Notice
from dlbench.records.run import Run
from dlbench.records.training import TrainingRun
from dlbench.results.folder import head_text
from dlbench.results.writer import Writer
from dlbench.syntax import choice

WAIT, REFUSE, IGNORE = "wait", "refuse", "ignore"
OTHER_RUNS: Final = (WAIT, REFUSE, IGNORE)

UNKNOWN = "another dlbench"


def _nothing() -> None:
    """Check nothing."""


@contextmanager
def measuring(
    what: str,
    other_runs: str = WAIT,
    watch: Watch = unwatched,
    check: Callable[[], object] = _nothing,
) -> Iterator[Presence]:
    """Hold the lock of the machine during a `with` block; yield who else measures meanwhile.

    what: the command, for others; other_runs: `wait` until nobody else measures, `refuse` by a
    UsageError, or `ignore` the lock; check: what is called before waiting, to find mistakes. The
    watcher is told that it waits, and for whom. Where there are no locks, nobody waits.
    """
    choice("other_runs", other_runs, OTHER_RUNS)
    with ExitStack() as held:
        alone = _opened(occupancy.ALONE, held, watch)
        if alone is not None and other_runs != IGNORE:
            _take(alone, other_runs, watch, check)
        mine = occupancy.me(what)  # from now on: it may have waited for hours
        if alone is not None and other_runs != IGNORE:
            alone.clear()
            alone.write(mine)
        yield Presence(mine, alone and _opened(occupancy.EVERYBODY, held, watch))


def _opened(name: str, held: ExitStack, watch: Watch) -> Occupancy | None:
    """Open a file of locks until the stack is closed; None, and a notice, if that fails."""
    if sys.platform == "win32":  # there are no such locks
        return None
    try:
        return held.enter_context(occupancy.opened(name))
    except OSError as error:
        why = f"{error.strerror or error}: {error.filename}"
        watch(Notice(f"Another dlbench that measures on this machine is not noticed ({why})"))
        return None


def _take(alone: Occupancy, other_runs: str, watch: Watch, check: Callable[[], object]) -> None:
    """Take the lock; UsageError if another process has it and nobody wants to wait."""
    if locks.take(alone.descriptor) is not False:
        return
    holder = next((one.label for one in alone.lines()), UNKNOWN)
    if other_runs == REFUSE:
        raise UsageError(
            "another dlbench measures on this machine",
            value=holder,
            hint="Wait until it has ended",
        )
    check()
    watch(Notice(f"Waiting until {holder} has ended; --no-lock measures beside it"))
    locks.take(alone.descriptor, wait=True)
    watch(Notice("It has ended"))


def note_others(head: Run | TrainingRun, presence: Presence, written: Writer[Any]) -> None:
    """Write into a head what else has measured on this machine since it was written."""
    known = (*head.beside, *(one for one in presence.others() if one not in head.beside))
    if known != head.beside:
        written.replace_head(head_text(replace(head, beside=known)))

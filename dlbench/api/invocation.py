"""The common parts of a run and a training: progress, storage and interrupts."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar


class _Result(Protocol):
    @property
    def is_empty(self) -> bool: ...


E = TypeVar("E")
R = TypeVar("R", bound=_Result)

# Called with every event: a Notice, a Progress, a Measurement, a Lap, a TrainingResult.
Watch = Callable[[Any], None]


def unwatched(event: object) -> None:
    """Ignore the event."""


class Interrupted(KeyboardInterrupt, Generic[R]):
    """The user interrupted a run or a training.

    result: what was measured until then; it is stored too. The message says whether it is empty.
    """

    def __init__(self, result: R, done: str) -> None:
        """Make the message. done: what happens to a case, `measured` or `trained`."""
        kept = f"nothing was {done}" if result.is_empty else f"what was {done} so far is kept"
        super().__init__(f"Interrupted; {kept}.")
        self.result = result


def now() -> str:
    """The time of day in UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def consume(events: Generator[E, None, None], store: Callable[[E], None], watch: Watch) -> bool:
    """Store every event, then show it to the watcher; return whether the user interrupted.

    An interrupt may come while a worker is heard or while its result is written. The generator is
    told of it, and what it then yields is stored as well. However it ends, the generator is closed,
    which ends the workers.
    """
    with closing(events):
        try:
            for event in events:
                store(event)
                watch(event)
        except KeyboardInterrupt as interrupt:
            for event in _rest(events, interrupt):
                store(event)
            return True
    return False


def _rest(events: Generator[E, None, None], interrupt: KeyboardInterrupt) -> Iterator[E]:
    """Yield the last events of the generator."""
    try:
        yield events.throw(interrupt)
        yield from events
    except (KeyboardInterrupt, StopIteration):
        return

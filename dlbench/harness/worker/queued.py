"""The device time of a step: steps lie in the device's queue, so that it never waits for the host.

Two events around a loop tell how much time passes on the device, idle time included: a device that
waits for the host is not told from one that works. So the queue is filled first. Something else
keeps the device at work until all steps have been asked for, and it is checked that it lasted.

Two lengths are timed, and their difference counts: what the first step or the edges cost cancels.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import repeat
from math import ceil, sqrt
from statistics import median
from typing import NamedTuple

from dlbench import units
from dlbench.backends.base import Blocker, Queue, Spinner
from dlbench.errors import one_line
from dlbench.harness.worker import timing
from dlbench.records.machine.device_time import How, Queued
from dlbench.stats.ramp import SD_BY_MAD, SD_OF_MEDIAN

SPINS: How = "spin and events"
LENGTHS: How = "two lengths"

# The most steps in the queue, and how often both lengths are timed. Spins: CUDA lets about 1,000
# launches wait, and a step has dozens. Blockers: XLA lets 32 programs wait
# (max_inflight_computations), of which a few are blockers; a host's clock needs more of them.
MOST_SPUN, SPUN = 16, 5
MOST_BLOCKED, BLOCKED = 12, 15
MOST_BLOCKERS, MOST_WAITING = 6, 31

# A spin lasts so many times as long as the host needs to ask for the steps, and so much longer;
# if that is not enough, it lasts twice as long once more.
SPIN_MARGIN, SPIN_LEAST_S, SPIN_GROWTH = 2.0, 1e-4, 2

# A spin of so many cycles tells the length of a cycle: a millisecond at 1 GHz.
TRIED_CYCLES = 1_000_000

# Blockers must outlast the asking for steps by a fifth: their own time varies. If they do in fewer
# than two thirds of the tries, the queue is too short or the host too slow.
ASKED_SHARE = 0.8
HELD_SHARE = 2 / 3

# Steps that are left after the last was asked for take at least this share of the time found.
LEFT_SHARE = 0.9

# The longest queue of steps, and the longest step: it is worth no more time.
LONGEST_QUEUE_S, LONGEST_STEP_S = 0.01, 0.1

# The largest standard error, as a share: a time that is less certain is not told, as nineteen of
# twenty must be right within 3 %. If it is larger, there are so many times as many tries.
MOST_ERROR, MORE = 0.015, 3

# Below this, a time is that of a clock which did not move.
LEAST_S = 1e-9

# What a user reads where there is no time.
TOO_LONG = f"a step takes longer than {units.duration(LONGEST_STEP_S)}"
WAITS = "the host could not ask for steps fast enough, or a step waits for the device by itself"
WAITS_ITSELF = "an epoch waits for the device by itself"


class Work(NamedTuple):
    """Steps to be queued.

    run: asks for one; begin: makes training begin anew; wait: for the device; issue_s, step_s:
    about the seconds to ask for a step, and of a step.
    """

    run: Callable[[], object]
    begin: Callable[[], None]
    wait: Callable[[], None]
    issue_s: float
    step_s: float

    def start(self) -> None:
        """Begin anew, with an empty queue."""
        self.begin()
        self.wait()

    def ask(self, steps: int) -> None:
        """Ask for so many steps."""
        for _ in repeat(None, steps):
            self.run()


def device_time(work: Work, queue: Queue) -> Queued:
    """Return the device time of a step, or why it is unknown."""
    if work.step_s > LONGEST_STEP_S:
        return Queued(reason=TOO_LONG)
    try:
        with _without_collection():
            if isinstance(queue, Blocker):
                return by_two_lengths(work, queue)
            return by_events(work, queue)
    except Exception as error:  # noqa: BLE001 - the case has not failed, only its time is unknown
        return Queued(reason=one_line(error))


@contextmanager
def _without_collection() -> Iterator[None]:
    """Collect no garbage inside: it would keep the host from asking."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def by_events(work: Work, spinner: Spinner) -> Queued:
    """Time steps between two events behind a spin.

    If the device reaches the first event before the last step has been asked for, it may have
    waited: then the spin is made longer, and after that the queue shorter.
    """
    cycle_s = _cycle_s(work, spinner)
    for longer in _lengths(MOST_SPUN, work, fewest=2):
        spin_s = SPIN_MARGIN * longer * work.issue_s + SPIN_LEAST_S
        for seconds in (spin_s, SPIN_GROWTH * spin_s):
            take = partial(_spun, work, spinner, longer, round(seconds / cycle_s))
            if found := _settled(take, SPUN, longer, SPINS):
                return found
    return Queued(how=SPINS, reason=WAITS)


def _cycle_s(work: Work, spinner: Spinner) -> float:
    """Return the seconds of a cycle; the first spin loads what spins."""
    spinner.spin(1)
    work.wait()
    spinner.spin(1)
    start = spinner.mark()
    spinner.spin(TRIED_CYCLES)
    end = spinner.mark()
    work.wait()
    return max(spinner.seconds(start, end), LEAST_S) / TRIED_CYCLES


def _spun(work: Work, spinner: Spinner, longer: int, cycles: int) -> float | None:
    """Return the seconds of a step; None if a spin did not last until all had been asked for."""
    spans_s = []
    for steps in (longer // 2, longer):
        work.start()
        spinner.spin(cycles)
        start = spinner.mark()
        work.ask(steps)
        end = spinner.mark()
        has_lasted = not spinner.has_passed(start)
        work.wait()
        if not has_lasted:
            return None
        spans_s.append(spinner.seconds(start, end))
    return (spans_s[1] - spans_s[0]) / (longer - longer // 2)


def by_two_lengths(work: Work, blocker: Blocker) -> Queued:
    """Time n and 2n steps behind a blocker by the host's clock; the difference is n steps.

    The blocker alone is timed in every try too, as a device may change its speed.
    """
    blocker.ask()
    work.wait()
    alone_s = max(_blocked(work, blocker, 1, 0).total_s, LEAST_S)
    for shorter in _lengths(MOST_BLOCKED, work, fewest=1):
        blockers = max(1, ceil(2 * shorter * work.issue_s / (ASKED_SHARE * alone_s)))
        if blockers > MOST_BLOCKERS or blockers + 2 * shorter > MOST_WAITING:
            continue
        take = partial(_between, work, blocker, blockers, shorter)
        if found := _settled(take, BLOCKED, 2 * shorter, LENGTHS):
            return found
    return Queued(how=LENGTHS, reason=WAITS)


class Length(NamedTuple):
    """Seconds until all had been asked for, and until all was done."""

    issued_s: float
    total_s: float


def _blocked(work: Work, blocker: Blocker, blockers: int, steps: int) -> Length:
    """Time so many blockers and steps."""
    work.start()
    start_s = timing.now_s()
    for _ in repeat(None, blockers):
        blocker.ask()
    work.ask(steps)
    issued_s = timing.now_s() - start_s
    work.wait()
    return Length(issued_s, timing.now_s() - start_s)


def _between(work: Work, blocker: Blocker, blockers: int, shorter: int) -> float | None:
    """Return the seconds of a step; None unless the device was at work all the time.

    It was if the blockers alone last longer than the asking for steps. And then all steps are left
    when the last has been asked for.
    """
    alone, less, more = (
        _blocked(work, blocker, blockers, steps) for steps in (0, shorter, 2 * shorter)
    )
    step_s = (more.total_s - less.total_s) / shorter
    is_blocked = more.issued_s < ASKED_SHARE * alone.total_s
    left_s = more.total_s - more.issued_s
    return step_s if is_blocked and left_s >= LEFT_SHARE * 2 * shorter * step_s else None


def _lengths(most: int, work: Work, fewest: int) -> Iterator[int]:
    """Yield numbers of steps, each half of the one before; the first fit into the longest queue."""
    steps = max(fewest, min(most, int(LONGEST_QUEUE_S / max(work.step_s, LEAST_S))))
    while steps >= fewest:
        yield steps
        steps //= 2


def _settled(take: Callable[[], float | None], tries: int, steps: int, how: How) -> Queued | None:
    """Return the median of tries, of three times as many if they differ too much.

    take: returns a time, or None if the device may have waited; None if it did so too often.
    """
    result, held = None, list[float]()
    for made, more in ((tries, tries), (MORE * tries, (MORE - 1) * tries)):
        held += [seconds for _ in repeat(None, more) if (seconds := take()) is not None]
        if len(held) < HELD_SHARE * made:
            return result
        result = _of(held, steps, how)
        if result.seconds is not None:
            break
    return result


def _of(held: list[float], steps: int, how: How) -> Queued:
    """Return the median, unless it is too uncertain."""
    seconds = median(held)
    spread_s = SD_BY_MAD * median(abs(one - seconds) for one in held)
    error_s = SD_OF_MEDIAN * spread_s / sqrt(len(held))
    if seconds > 0 and error_s <= MOST_ERROR * seconds:
        return Queued(steps, seconds, how)
    reason = f"its times differ too much (standard error {units.duration(error_s)})"
    return Queued(steps, how=how, reason=reason)

"""What `dlbench hardware` has measured of this machine, for later runs to be judged by."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from dlbench.experience.book import Book
from dlbench.records.machine.hardware import Hardware
from dlbench.records.machine.roofs import Bandwidth, Ceiling, Floor, Roofs, Transfer
from dlbench.records.run import Environment

BOOK = Book("roofs", Roofs)

F = TypeVar("F", Ceiling, Bandwidth, Floor, Transfer)


def known(environment: Environment) -> tuple[Roofs | None, str]:
    """Return what was measured of this machine with these versions, None if nothing; and a note."""
    return BOOK.read(environment)


def remember(found: Hardware) -> str:
    """Add what was measured to the book; return a note if that is not possible."""
    if found.is_empty:
        return ""
    earlier, _ = known(found.environment)
    return BOOK.write(found.environment, merged(earlier, found.roofs))


def merged(earlier: Roofs | None, found: Roofs) -> Roofs:
    """Return both together; of the same thing the latest measurement counts.

    But other programs only make a machine slower. So a measurement that they disturbed does not
    take the place of a better one.
    """
    if earlier is None:
        return found
    return Roofs(
        found.measured,
        _latest(earlier.ceilings, found.ceilings, _of_ceiling, lambda one: one.gflops),
        _latest(earlier.bandwidths, found.bandwidths, _of_bandwidth, lambda one: one.gb_s),
        _latest(earlier.floors, found.floors, _of_floor, lambda one: 1 / one.step_s),
        found.cache_bytes or earlier.cache_bytes,
        _latest(earlier.transfers, found.transfers, _of_transfer, lambda one: one.gb_s),
    )


def _of_ceiling(one: Ceiling) -> object:
    return one.target.device, one.target.dtype, one.target.threads


def _of_bandwidth(one: Bandwidth) -> object:
    return one.threads


def _of_floor(one: Floor) -> object:
    return one.target, one.step


def _of_transfer(one: Transfer) -> object:
    return one.target.device, one.direction, one.pinned


def _latest(
    earlier: Iterable[F],
    found: Iterable[F],
    place: Callable[[F], object],
    rate: Callable[[F], float],
) -> tuple[F, ...]:
    """Return one measurement for each place. rate: more is better."""
    kept = {place(one): one for one in earlier}
    for one in found:
        before = kept.get(place(one))
        if before is None or one.blocks.are_quiet or rate(one) >= rate(before):
            kept[place(one)] = one
    return tuple(kept.values())

"""The cost of copies between host and device: seconds = start + bytes / rate.

Copies of several sizes are timed in the worker of a target, and a line is fitted.
"""

from collections.abc import Iterator, Sequence
from typing import get_args

from dlbench.harness import wire
from dlbench.harness.supervisor.probe import Probe, blocks_of, median_s
from dlbench.records.case import Target
from dlbench.records.machine.roofs import Blocks, Direction, Transfer
from dlbench.records.measurement import Notice, Sample
from dlbench.stats.line import fitted

# From what only costs its start to what only costs its bytes: 4 KiB to 256 MiB.
SIZES = (2**12, 2**18, 2**24, 2**28)

# Of each size: the median of a few tells the line, as there are sixteen sizes and kinds.
BLOCKS = 5

GIGA = 1e9

NAMES: dict[tuple[Direction, bool], wire.GaugeName] = {
    ("up", False): "up",
    ("down", False): "down",
    ("up", True): "up_pinned",
    ("down", True): "down_pinned",
}


def measured(probe: Probe, targets: Sequence[Target]) -> Iterator[Transfer | Notice]:
    """Yield both directions of pageable and of pinned memory, by the first target that can copy."""
    reasons: list[str] = []
    for target in targets:
        found = [
            _transfer(probe, target, direction, pinned=pinned)
            for pinned in (False, True)
            for direction in get_args(Direction)
        ]
        if any(isinstance(one, Transfer) for one in found):
            yield from found
            return
        reasons += [one.text for one in found[:1] if isinstance(one, Notice)]
    yield from map(Notice, dict.fromkeys(reasons))


def _transfer(
    probe: Probe, target: Target, direction: Direction, *, pinned: bool
) -> Transfer | Notice:
    """Time copies of all sizes; return the first reason if one fails."""
    timed: list[tuple[Sample, ...]] = []
    for size in SIZES:
        found = probe.gauge(target, NAMES[direction, pinned], size, 1, BLOCKS)
        if isinstance(found, wire.Failed):
            kind = "pinned" if pinned else "pageable"
            where = f"{kind} memory, {direction}, on {target.id}"
            return Notice(f"Not measured: copies of {where}: {found.reason}")
        timed.append(found)
    line = fitted(SIZES, [median_s(samples) for samples in timed])
    if line.rate_per_s is None:
        return Notice(f"Not measured: copies {direction} on {target.id}: no rate can be told")
    blocks = [blocks_of(samples) for samples in timed]
    return Transfer(
        target=target,
        direction=direction,
        pinned=pinned,
        start_s=line.start_s,
        gb_s=line.rate_per_s / GIGA,
        sizes=SIZES,
        worst=line.worst,
        blocks=Blocks(sum(one.count for one in blocks), sum(one.disturbed for one in blocks)),
    )

"""The cards of a machine in words, and what disturbed them while they were measured."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from dlbench import units
from dlbench.analysis.labels import names_by_case
from dlbench.analysis.rows import Row
from dlbench.records.machine.device import Device, Link
from dlbench.records.measurement import DISTURBED, Flag, Measurement, Sample
from dlbench.records.run import Environment

# What disturbs a block on the card and not on the CPU.
ON_CARD: frozenset[Flag] = frozenset(("slow_clock", "shared"))

# A sentence names so many cases; there may be hundreds.
MOST_NAMED = 4

# What is told of the cards, by flag. The first two are the case's own doing: such blocks count.
SENTENCES: Mapping[Flag, str] = {
    "capped": "the card's power limit held its clock down in {share} of these cases, as it does in "
    "long computations: {names}. dlbench doctor shows the limit",
    "hot": "heat held the card's clock down in {share} of these cases: {names}. Cool the machine, "
    "and measure again",
    "slow_clock": "the card's clock was more than 5 % below its highest in {share} of these cases, "
    "for no reason of theirs: {names}. Such samples are left out where enough others remain",
    "shared": "other programs used the card in {share} of these cases: {names}. nvidia-smi shows "
    "which; end them and measure again",
}


def warnings(measurements: Sequence[Measurement], rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each thing that happened to cards while they were measured."""
    return [text for flag in SENTENCES if (text := _sentence(flag, measurements, rows))]


def _sentence(flag: Flag, measurements: Sequence[Measurement], rows: Sequence[Row]) -> str:
    by_case = _samples(measurements)
    found = [row for row in rows if any(flag in one.flags for one in by_case.get(row.case, ()))]
    every = [sample for row in found for sample in by_case[row.case]]
    if not found:
        return ""
    count = sum(flag in sample.flags for sample in every)
    share = f"{count} of {units.counted(len(every), 'sample')}"
    return SENTENCES[flag].format(share=share, names=_named(found, rows))


def _named(those: Sequence[Row], rows: Sequence[Row]) -> str:
    targets = names_by_case(rows)
    names = [f"{row.workload.label} on {targets.get(row.case, row.target.id)}" for row in those]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def not_by_cpu(measurements: Sequence[Measurement]) -> Collection[str]:
    """Return the ids of the cases that nothing disturbed on the CPU, if a card was disturbed.

    They may count as busy all the same, as the ratio to a case on that card does.
    """
    kinds = {
        case: {flag for sample in samples for flag in sample.flags} & DISTURBED
        for case, samples in _samples(measurements).items()
    }
    if not any(found & ON_CARD for found in kinds.values()):
        return set()
    return {case for case, found in kinds.items() if found <= ON_CARD}


def _samples(measurements: Sequence[Measurement]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = {}
    for one in measurements:
        found.setdefault(one.case, []).extend(one.samples)
    return found


def names(environment: Environment) -> list[str]:
    """Return the cards that were seen, such as `NVIDIA H200 (driver 580.65, 700 W)`."""
    seen = [one for one in environment.devices if one.device]
    return [f"{one.name}{_state(one)}" for one in seen] or list(environment.gpus)


def _state(card: Device) -> str:
    watts = "" if card.power_limit_w is None else f"{card.power_limit_w:.0f} W"
    known = [f"driver {card.driver}" if card.driver else "", watts]
    text = ", ".join(filter(None, known))
    return f" ({text})" if text else ""


def facts(environment: Environment) -> list[tuple[str, str]]:
    """Return the name of each card in dlbench, with all that is known of it."""
    return [(one.device or "hidden card", ", ".join(_facts(one))) for one in environment.devices]


def _facts(card: Device) -> Iterator[str]:
    yield from (card.name, card.uuid)
    named = (
        ("driver", card.driver),
        ("capability", card.capability),
        ("compute mode", card.compute_mode),
        ("NUMA node", card.numa_node),
    )
    yield from (f"{name} {value}" for name, value in named if value is not None)
    yield from _sizes(card)
    if card.pcie is not None:
        yield _link(card.pcie)
    for word, is_on in (("ECC", card.ecc), ("MIG", card.mig)):
        if is_on is not None:
            yield f"{word} {'on' if is_on else 'off'}"
    if card.others:
        yield units.counted(card.others, "other program")


def _sizes(card: Device) -> Iterator[str]:
    if card.multiprocessors is not None:
        yield units.counted(card.multiprocessors, "multiprocessor")
    if card.memory_bytes is not None:
        free = "" if card.free_bytes is None else f" ({units.size(card.free_bytes)} free)"
        yield f"{units.size(card.memory_bytes)}{free}"
    if card.bus_bits is not None:
        yield f"{card.bus_bits}-bit memory bus"
    if card.l2_bytes is not None:
        yield f"{units.size(card.l2_bytes)} L2 cache"
    if card.core_mhz is not None:
        yield f"up to {card.core_mhz:.0f} MHz"
    if card.memory_mhz is not None:
        yield f"memory up to {card.memory_mhz:.0f} MHz"
    if card.power_limit_w is not None:
        yield f"power limit {card.power_limit_w:.0f} W"


def _link(link: Link) -> str:
    """Return such as `PCIe 4 x16 (up to 5 x16)`."""
    now, most = _speed(link.generation, link.lanes), _speed(link.most_generation, link.most_lanes)
    return f"PCIe {now}" if now == most else f"PCIe {now} (up to {most})"


def _speed(generation: int | None, lanes: int | None) -> str:
    parts = (str(generation) if generation else "", f"x{lanes}" if lanes else "")
    return " ".join(filter(None, parts)) or "unknown"

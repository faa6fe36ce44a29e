"""What the variable CUDA_VISIBLE_DEVICES shows of the cards, and in which order.

docs.nvidia.com/cuda/cuda-c-programming-guide, CUDA environment variables;
docs.nvidia.com/datacenter/tesla/mig-user-guide, CUDA visible devices.
"""

from collections.abc import Iterator, Mapping, Sequence

VISIBLE = "CUDA_VISIBLE_DEVICES"

# How a UUID begins: of a card, and of a MIG instance. Older drivers name an instance by its card
# and two numbers: MIG-GPU-<uuid>/<gpu instance>/<compute instance>.
CARD, PART = "GPU-", "MIG-"


def shown(order: Sequence[str], parts: Mapping[str, Sequence[str]], value: str | None) -> list[str]:
    """Return the UUIDs of what a program may use, in the order in which it counts.

    order: all cards, as CUDA counts them; parts: by card, its MIG instances if it is divided;
    value: of the variable, None if it is not set. A divided card is its instances. As in CUDA, an
    entry that is no card ends the list, and one that comes twice empties it.
    """
    if value is None:
        return [uuid for card in order for uuid in parts.get(card, [card])]
    found: list[str] = []
    for entry in map(str.strip, value.split(",")):
        uuids = list(_named(entry, order, parts))
        if not uuids:
            break
        if set(uuids) & set(found):
            return []
        found += uuids
    return found


def _named(entry: str, order: Sequence[str], parts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what an entry names: a number, a UUID or the only beginning of one."""
    if entry.isdecimal():
        for card in order[int(entry) : int(entry) + 1]:
            yield from parts.get(card, [card])
    elif entry.startswith((CARD, PART)):
        every = [*order, *(part for those in parts.values() for part in those)]
        found = [uuid for uuid in every if uuid == entry] or [
            uuid for uuid in every if uuid.startswith(entry)
        ]
        for uuid in found if len(found) == 1 else ():
            yield from parts.get(uuid, [uuid])


def digits(uuid: str) -> str:
    """Return a UUID without the word before it, in small letters."""
    return uuid.removeprefix(PART).removeprefix(CARD).lower()

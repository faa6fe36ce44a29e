"""Power: whether a laptop runs on its battery, and whether a GPU's limit is lower than usual.

Documentation/ABI/testing/sysfs-class-power; NVML's enforced and default limits.
"""

from dlbench import units
from dlbench.checks.base import Facts, LeftOut, Outcome, number, text, worst
from dlbench.machine.cards import Card
from dlbench.records.machine.checkup import State

SUBJECT = "gpu"

MEANINGS: dict[State, str] = {
    "good": "",
    "notice": "long products are slower than this GPU can do at its usual limit",
    "bad": "on its battery a machine lowers its clocks",
    "unknown": "a lower limit would make long products slower",
}
ADVICE: dict[State, str] = {
    "good": "",
    "notice": "ask who set it; sudo nvidia-smi --power-limit changes it",
    "bad": "plug the machine in",
    "unknown": "`nvidia-smi -q -d POWER` shows what can be read",
}


def check(facts: Facts) -> Outcome | LeftOut:
    """Look at the mains and at the limits of all cards."""
    mains = _is_on_mains(facts)
    if mains is None and not facts.cards:
        return LeftOut("there is neither a battery nor a GPU")
    told = [_of_card(index, card) for index, card in enumerate(facts.cards)]
    if mains is not None:
        told.insert(0, ("good", "plugged in") if mains else ("bad", "on battery"))
    state = worst(*(one for one, _ in told))
    return Outcome(state, "; ".join(what for _, what in told), MEANINGS[state], ADVICE[state])


def _is_on_mains(facts: Facts) -> bool | None:
    """Return whether a machine with a battery is plugged in; None without a battery."""
    folders = list(facts.sys.glob("class/power_supply/*"))
    kinds = {folder: text(folder / "type") for folder in folders}
    # those of a mouse or a keyboard do not power the machine
    batteries = [
        folder
        for folder, kind in kinds.items()
        if kind == "Battery" and text(folder / "scope") != "Device"
    ]
    if not batteries:
        return None
    sources = [number(folder / "online") for folder, kind in kinds.items() if kind != "Battery"]
    return 1 in sources


def _of_card(index: int, card: Card) -> tuple[State, str]:
    if card.limit_w is None or card.default_w is None:
        return "unknown", f"GPU {index} does not tell its limit"
    text_ = f"GPU {index}: {units.significant(card.limit_w)} W"
    if card.limit_w < card.default_w:
        return "notice", f"{text_} of {units.significant(card.default_w)} W"
    return "good", text_

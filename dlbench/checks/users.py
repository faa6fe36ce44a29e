"""Users: who else is on this machine, and on its GPUs."""

from dlbench import units
from dlbench.checks.base import Facts, Outcome, worst
from dlbench.machine.cards import Card
from dlbench.records.machine.checkup import State

SUBJECT = "system"

# A GPU that others used for less than this share of the last moments is theirs in memory only.
IDLE = 0.05

# One of those who are logged in is the user.
SELF = 1


def check(facts: Facts) -> Outcome:
    """Count people who are logged in, and programs that compute on a GPU."""
    others = max(0, facts.people - SELF)
    people = f"{units.counted(others, 'other person', 'other people')} logged in" if others else ""
    told = [_of_card(index, card) for index, card in enumerate(facts.cards)]
    states: list[State] = ["notice" if others else "good", *(state for state, _ in told)]
    seen = "; ".join(filter(None, (people, *(what for _, what in told))))
    state = worst(*states)
    if state == "good":
        return Outcome("good", "no others are seen")
    return Outcome(
        state,
        seen,
        "what others start takes cores, memory or the GPU from what is measured",
        "agree with them on a time; `nvidia-smi` shows who uses a GPU" if told else "ask them",
    )


def _of_card(index: int, card: Card) -> tuple[State, str]:
    if card.programs is None:
        return "unknown", f"GPU {index} does not tell who uses it"
    if not card.programs:
        return "good", ""
    text = f"{units.counted(card.programs, 'program')} on GPU {index}"
    if card.utilisation is None:
        return "unknown", f"{text}, whose use is not told"
    used = f"{text}, which is used {units.percent(card.utilisation)} of the time"
    return ("bad" if card.utilisation > IDLE else "notice"), used

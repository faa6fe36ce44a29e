"""When compiling pays off, in sentences: each static mode against its own dynamic twin.

No target is called the fastest here: the lines of targets that are no twins have no verdict on
where they cross.
"""

from collections.abc import Mapping, Sequence
from typing import get_args

from dlbench import units
from dlbench.analysis.compiling.break_even import State
from dlbench.analysis.labels import names_by_case
from dlbench.analysis.rows import Row, is_timed

# What is repeated in a training, and what may stand for it where that was not measured.
PREFERRED = ("train_step", "backward", "forward", "predict")

# Starts that are shorter are not told: nobody waits for them, and importing a framework takes more.
LEAST_START_S = 1.0


def advice(rows: Sequence[Row]) -> list[str]:
    """Return a sentence per network that was measured both compiled and eager."""
    names = names_by_case(rows)
    networks: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for row in rows:
        kind, params = row.workload.kind, row.workload.params
        if is_timed(row) and "network" in params and kind in PREFERRED:
            place = (str(params["network"]), str(params.get("batch")), row.target.dtype)
            networks.setdefault(place, {}).setdefault(kind, []).append(row)
    several = len({dtype for _, _, dtype in networks}) > 1
    sentences = []
    for (network, batch, dtype), kinds in networks.items():
        kind = next(name for name in PREFERRED if name in kinds)
        group = [row for row in kinds[kind] if row.break_even.state]
        # times that other programs disturbed tell no number of steps
        if group and not any(row.busy for row in kinds[kind]):
            where = f"batch {batch}{f', {dtype}' if several else ''}"
            sentences.append(f"{kind} {network} ({where}): {_sentence(group, names)}")
    return sentences


def _sentence(rows: Sequence[Row], names: Mapping[str, str]) -> str:
    """Write such as `compiling pays off for jax jit after 47 steps; never for torch compile`."""
    by_state = {
        state: [row for row in rows if row.break_even.state == state] for state in get_args(State)
    }
    pays = [f"{names[row.case]} at once" for row in by_state["at once"]]
    pays += [f"{names[row.case]} after {_steps(row)}" for row in by_state["pays"]]
    never = [names[row.case] for row in by_state["never"]]
    unsure = [names[row.case] for row in by_state["unsure"]]
    unknown = "whether compiling pays off cannot be told for"
    parts = [
        f"compiling pays off for {', '.join(pays)}" if pays else "",
        f"compiling never pays off for {', '.join(never)}" if never else "",
        f"{unknown} {', '.join(unsure)}" if unsure else "",
    ]
    return "; ".join(filter(None, parts))


def _steps(row: Row) -> str:
    """Write the number of steps, and of epochs where the row says how many an epoch has."""
    found = row.break_even
    if found.steps is None:
        return "an unknown number of steps"
    if not found.steps and found.high:
        return f"at most {_counted(found.high, found.epochs_high)}"
    if found.steps < 1:
        return "the first step"
    return f"about {_counted(found.steps, found.epochs)}"


def _counted(steps: float, epochs: float | None) -> str:
    more = "" if epochs is None else f" ({units.significant(epochs, digits=2)} epochs)"
    return f"{units.counted(int(float(units.rounded(steps))), 'step')}{more}"


def paid_once(rows: Sequence[Row]) -> list[str]:
    """Say in a sentence what a process pays once, which no table adds to any case."""
    starts: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        start_s = row.compile.start_s or row.time.start_s
        if is_timed(row) and start_s is not None and start_s >= LEAST_START_S:
            what = f"{row.target.backend}'s compiler" if row.compile.start_s else row.target.backend
            starts.setdefault((what, row.target.device), []).append(start_s)
    several = len({row.target.device for row in rows if is_timed(row)}) > 1
    told = [
        f"{units.duration(max(seconds))} to start {what}{f' on {device}' if several else ''}"
        for (what, device), seconds in starts.items()
    ]
    return (
        [f"Each process also takes, once and in no number above: {', '.join(told)}"] if told else []
    )

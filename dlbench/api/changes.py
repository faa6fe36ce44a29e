"""What has changed since a run began: a run is resumed on the same machine, with the same plan."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import asdict

from dlbench import __version__
from dlbench.errors import UsageError
from dlbench.records.machine.device import Device
from dlbench.records.own import OwnNetwork
from dlbench.records.plan import Plan
from dlbench.records.run import SCHEMA_VERSION, Environment, Run

# A message names so many changes; a plan may have a thousand cases.
MOST_NAMED = 5

# With a time limit, how much of a case is measured depends on what earlier runs took.
DERIVED = frozenset(("blocks", "case_s"))


def of_machine(run: Run, machine: Environment) -> list[str]:
    """Return how this machine and its software differ from those of the run."""
    return [
        *_differences({"dlbench": run.dlbench}, {"dlbench": __version__}),
        *_differences({"schema": run.schema_version}, {"schema": SCHEMA_VERSION}),
        *_differences(_facts(run.environment), _facts(machine)),
    ]


def _facts(machine: Environment) -> dict[str, object]:
    """Return everything that is known of a machine, by its name."""
    facts = asdict(machine)
    facts["devices"] = tuple(map(_identity, machine.devices))
    facts |= facts.pop("versions")
    return facts | facts.pop("variables")


def _identity(card: Device) -> str:
    """Return what does not change by itself, as free memory does."""
    limit = f"{card.power_limit_w} W" if card.power_limit_w is not None else ""
    parts = (card.device or "hidden", card.uuid, card.driver, limit, card.compute_mode)
    return " ".join(filter(None, parts))


def of_plan(planned: Plan, asked: Plan) -> list[str]:
    """Return how what is asked for differs from what was planned."""
    return [
        *_differences(_rules(planned), _rules(asked)),
        *_differences(planned.networks, asked.networks, shown=False),
        *_of_own(planned.own, asked.own),
        *_differences(_cases(planned), _cases(asked), shown=False),
    ]


def _rules(plan: Plan) -> dict[str, object]:
    """Return what was asked for, without what the plan makes of a time limit and earlier costs."""
    rules = {"suite": plan.suite, "seed": plan.seed, **asdict(plan.sampling)}
    return {name: value for name, value in rules.items() if name not in DERIVED}


def _of_own(planned: Sequence[OwnNetwork], asked: Sequence[OwnNetwork]) -> Iterator[str]:
    """Yield which networks of the user's own file differ, by its path and the hash of its content.

    Every planned one must be asked for as it is: two of one name cannot both be.
    """
    now = {own.name: own for own in asked}
    for own in planned:
        if own.name not in now:
            yield f"{own.name}: not asked for"
        elif own != now[own.name]:
            yield f"{own.name}: changed"
    then = {own.name for own in planned}
    yield from (f"{name}: not planned" for name in now if name not in then)


def _cases(plan: Plan) -> dict[str, bool]:
    """Return whether each case is skipped; the reason may name the memory of the moment."""
    return {case.id: case.skip is not None for case in plan.cases}


def _differences(
    then: Mapping[str, object], now: Mapping[str, object], *, shown: bool = True
) -> Iterator[str]:
    """Yield what differs, with its name. shown: whether with both values."""
    for name in dict.fromkeys([*then, *now]):
        before, after = then.get(name), now.get(name)
        if (name in then, before) != (name in now, after):
            how = f"{_word(before)} then, {_word(after)} now" if shown else "changed"
            if not shown and (name in then) != (name in now):
                how = "not planned" if name in now else "not asked for"
            yield f"{name}: {how}"


def _word(value: object) -> str:
    if value is None:
        return "not there"
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def refused(folder: Path, changes: Sequence[str]) -> UsageError:
    """Return the error for a run that cannot be resumed because of these changes."""
    more = f"; and {len(changes) - MOST_NAMED} more" if len(changes) > MOST_NAMED else ""
    return UsageError(
        f"{folder} cannot be resumed, because something has changed since it began. "
        f"{'; '.join(changes[:MOST_NAMED])}{more}",
        hint="Undo the change, or measure anew with: dlbench run",
    )

"""Which cases of two runs are the same work, and what is unlike about the runs.

The content hash of a case is derived from the stored plan: two networks of one name may differ.
"""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from dlbench import units
from dlbench.records.case import Case, Target, Workload
from dlbench.records.machine.device import Device
from dlbench.records.network import Network
from dlbench.records.own import OwnNetwork
from dlbench.records.run import Environment, Run

# Characters of a content hash: with so many, two of a million different works collide in one of
# 10^13 tables.
DIGITS = 16

# What tells machines apart. A fact that one of the runs lacks tells nothing.
MACHINE = ("cpu", "cores", "usable_cores", "gpus")

Side = Literal["A", "B"]


class Unmatched(NamedTuple):
    """A case that is not compared: why, and on which side it is; None if on both."""

    case: str
    side: Side | None
    why: str


class Matched(NamedTuple):
    """The cases that both runs have, by id, as B has them; and those that are not compared."""

    cases: dict[str, Case]
    unmatched: tuple[Unmatched, ...]


def content_hash(run: Run, workload: Workload) -> str:
    """Return a hash of all that a workload computes: parameters, exact work, and its network.

    Names, descriptions and defaults that the workload overrides do not count; of a user's own file
    its content counts, and not where it lies.
    """
    network = run.plan.networks.get(str(workload.params.get("network")))
    bare = None if network is None else _bare(network)
    own = workload.own and _in_place(workload.own)
    work = (workload.kind, sorted(workload.params.items()), workload.work, bare, own)
    return hashlib.sha256(msgspec.json.encode(work)).hexdigest()[:DIGITS]


def _bare(network: Network) -> Network:
    """Return a network without what changes no work: its name, its text, overridden defaults."""
    return replace(network, name="-", about="", epochs=1, batch=1)


def _in_place(own: OwnNetwork) -> OwnNetwork:
    """Return the network of a user's own file as if the file had always lain in one place."""
    functions = {name: replace(made, line=0) for name, made in own.functions.items()}
    makes_batch = own.makes_batch and replace(own.makes_batch, line=0)
    return replace(own, path="", functions=functions, makes_batch=makes_batch)


class Likeness:
    """Two runs, and what is alike and unlike about them. a is the one to compare with."""

    def __init__(self, a: Run, b: Run) -> None:
        self.a, self.b = a, b

    @cached_property
    def machines(self) -> tuple[str, ...]:
        """Return how the machines differ; empty if they are the same, as far as is known."""
        return tuple(_differences(self.a.environment, self.b.environment, MACHINE))

    @cached_property
    def everywhere(self) -> tuple[str, ...]:
        """Return what differs for all frameworks alike: Python, dlbench, variables."""
        a, b = self.a, self.b
        before, after = a.environment.variables, b.environment.variables
        variables = [
            (name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])
        ]
        every = [
            ("Python", a.environment.python, b.environment.python),
            ("dlbench", a.dlbench, b.dlbench),
            *variables,
        ]
        return tuple(_arrow(*one) for one in every if one[1] != one[2])

    @cached_property
    def software(self) -> dict[str, str]:
        """Return what has changed by backend: its version or its settings."""
        backends = dict.fromkeys(case.target.backend for case in self.b.plan.cases)
        found = {backend: self._change(backend) for backend in backends}
        return {backend: change for backend, change in found.items() if change}

    @cached_property
    def cards(self) -> tuple[str, ...]:
        """Return what changed of the driver and the power limit of cards that both runs know."""
        ours, theirs = (
            {card.uuid: card for card in run.environment.devices} for run in (self.a, self.b)
        )
        both = [(ours[uuid], card) for uuid, card in theirs.items() if uuid in ours]
        told = (line for one, other in both for line in _of_card(one, other))
        return tuple(dict.fromkeys(told))  # cards share a driver

    def _change(self, backend: str) -> str:
        versions = [run.environment.versions.get(backend) for run in (self.a, self.b)]
        if versions[0] != versions[1]:
            return _arrow(backend, *versions)
        # older runs have no settings recorded
        settings = [run.settings.get(backend) for run in (self.a, self.b)]
        if None not in settings and settings[0] != settings[1]:
            return f"settings of {backend}"
        return ""

    def is_unchanged(self, target: Target) -> bool:
        """Return whether a target computes with the same machine and software in both runs."""
        return not (self.machines or self.everywhere or target.backend in self.software)

    def matched(self) -> Matched:
        """Match the cases of both runs by their ids, if they do the same work."""
        theirs = {case.id: case for case in self.a.plan.cases}
        both: dict[str, Case] = {}
        unmatched = []
        for case in self.b.plan.cases:
            name = case.id
            other = theirs.pop(name, None)
            if other is None:
                unmatched.append(Unmatched(name, "B", self._why(case, self.a, "A")))
            elif why := self._unlike(other.workload, case.workload):
                unmatched.append(Unmatched(name, None, why))
            else:
                both[name] = case
        left = (Unmatched(name, "A", self._why(case, self.b, "B")) for name, case in theirs.items())
        return Matched(both, (*unmatched, *left))

    def _unlike(self, a: Workload, b: Workload) -> str:
        """Say how two workloads of one name differ; empty if they are the same work."""
        if a.synthetic != b.synthetic:
            words = ["random" if one.synthetic else "real" for one in (a, b)]
            return f"{words[0]} data in A, {words[1]} data in B"
        ours, theirs = (replace(one, own=one.own and _in_place(one.own)) for one in (a, b))
        is_same = ours == theirs and str(a.params.get("network")) not in self._changed_networks
        return "" if is_same else "other work: the network or the amount of work has changed"

    @cached_property
    def _changed_networks(self) -> set[str]:
        """Return the names of networks that are not the same in both runs."""
        ours, theirs = self.a.plan.networks, self.b.plan.networks
        both = ours.keys() & theirs.keys()
        return {name for name in both if _bare(ours[name]) != _bare(theirs[name])}

    def _why(self, case: Case, other: Run, side: Side) -> str:
        """Say why a run lacks a case, as far as its near relatives tell."""
        relatives = self._relatives[side].get(_relation(case), [])
        threads = sorted({one.threads for one in relatives if one.dtype == case.target.dtype})
        if threads:
            return f"{side} has it with {_listed(threads)} threads"
        dtypes = sorted({one.dtype for one in relatives})
        if dtypes:
            return f"{side} has it in {', '.join(dtypes)}"
        if case.target.backend not in other.environment.versions:
            return f"{case.target.backend} was not installed for {side}"
        return f"not planned in {side}"

    @cached_property
    def _relatives(self) -> dict[Side, dict[tuple[str, ...], list[Target]]]:
        found: dict[Side, dict[tuple[str, ...], list[Target]]] = {"A": {}, "B": {}}
        sides: tuple[tuple[Side, Run], ...] = (("A", self.a), ("B", self.b))
        for side, run in sides:
            for case in run.plan.cases:
                found[side].setdefault(_relation(case), []).append(case.target)
        return found


def _relation(case: Case) -> tuple[str, ...]:
    """Return a case without its precision and its number of threads."""
    one = case.target
    return (case.workload.id, one.backend, one.device, one.mode, one.loop, one.callbacks, one.call)


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


def _differences(a: Environment, b: Environment, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        one, other = getattr(a, name), getattr(b, name)
        if one != other and None not in (one, other):
            yield _arrow(name.replace("_", " "), _word(one), _word(other))


def _of_card(a: Device, b: Device) -> Iterator[str]:
    """Yield what changed of a card. A fact that one of the runs lacks tells nothing."""
    if a.driver != b.driver and None not in (a.driver, b.driver):
        yield _arrow("GPU driver", a.driver, b.driver)
    watts = a.power_limit_w, b.power_limit_w
    if watts[0] != watts[1] and None not in watts:
        name = b.device or "a hidden GPU"
        yield _arrow(f"power limit of {name}", *(f"{one:g} W" for one in watts))


def _word(value: object) -> str:
    return (", ".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)


def _arrow(name: str, a: object, b: object) -> str:
    """Write a change, such as `numpy 2.4.5 → 2.4.6`."""
    words = ["not there" if one is None else str(one) for one in (a, b)]
    return f"{name} {words[0]} → {words[1]}"


def day(started: str) -> str:
    """Return the day and minute of a time in ISO 8601."""
    return started[:16].replace("T", " ")


def named(run: Run) -> str:
    """Name a run by its id, its day and its machine."""
    env = run.environment
    cores = units.counted(env.usable_cores, "core")
    return ", ".join([f"{run.id} ({day(run.started)})", env.cpu or "CPU unknown", cores, *env.gpus])

"""The two targets of a crossover, found by any parts that no other target has.

This module imports no framework and starts nothing.
"""

import re
from collections.abc import Sequence

from msgspec.structs import replace

from dlbench.errors import UsageError, unknown
from dlbench.plan.request import CrossoverRequest
from dlbench.plan.targets import GPU, Machine, first_accelerator, reason_to_skip, targets_for
from dlbench.records.case import Target
from dlbench.syntax import choice

# What `--data` takes, and the call of its targets.
CALLS = {"resident": "", "fed": "array"}

_THREADS = re.compile(r"t(\d+)")

# A target and the kind of its mode.
Candidate = tuple[Target, str]


def side(flag: str, text: str, request: CrossoverRequest, machine: Machine) -> Candidate:
    """Return the one target that has all parts of a text; UsageError unless it is one."""
    parts = _parts(text, machine)
    if not parts:
        raise UsageError(f"{flag} names no target", value=text, allowed=_words(machine))
    for part in parts:
        if not _is_known(part, machine):
            raise unknown(f"part of {flag}", part, _words(machine).split(", "))
    found = [one for one in _candidates(parts, request, machine) if set(parts) <= _words_of(one)]
    if not found:
        raise UsageError(
            f"{flag}: no target has all of these parts and options together",
            value=text,
            allowed=_words(machine),
            hint="See: dlbench list backends",
        )
    return _only(flag, text, found, machine)


def _only(flag: str, text: str, found: Sequence[Candidate], machine: Machine) -> Candidate:
    """Return the only candidate that this machine has."""
    reasons = {one: reason_to_skip(one[0], machine) for one in found}
    there = [one for one, reason in reasons.items() if reason is None]
    if len(there) == 1:
        return there[0]
    if not there:
        why = "; ".join(dict.fromkeys(map(str, reasons.values())))
        allowed = "a target of this machine, see: dlbench list backends"
        raise UsageError.worded(
            f"{flag} {text} cannot be measured: {why}. Allowed: {allowed}.",
            value=text,
            allowed=allowed,
        )
    short = [_short(target) for target, _ in there]
    names = short if len(set(short)) == len(short) else [target.id for target, _ in there]
    raise UsageError(
        f"{flag}: several targets match",
        value=text,
        allowed=", ".join(names),
        hint=f"Add a part, such as {flag} {names[0]}, or an option such as --backend",
    )


def _short(target: Target) -> str:
    return f"{target.backend}/{target.device}/{target.mode}"


def _parts(text: str, machine: Machine) -> list[str]:
    """Return the parts as targets spell them: the first card of a kind has no number."""
    aliases = {alias: name for name, d in machine.declarations.items() for alias in d.aliases}
    aliases[GPU] = first_accelerator(machine).partition(":")[0]
    found = []
    for word in filter(None, map(str.strip, text.split("/"))):
        name, colon, index = word.partition(":")
        name = aliases.get(name, name)
        found.append(name if index == "0" else f"{name}{colon}{index}")
    return found


def _words_of(candidate: Candidate) -> set[str]:
    return set(candidate[0].id.split("/"))


def _words(machine: Machine) -> str:
    """Return the parts that targets may have, with commas; any number of threads is t1, t2, ..."""
    declared = machine.declarations.values()
    words = [
        *machine.declarations,
        *(kind for one in declared for kind in one.devices),
        *(mode for one in declared for mode in one.modes),
        *(dtype for one in declared for dtypes in one.devices.values() for dtype in dtypes),
        "t1",
    ]
    return ", ".join(dict.fromkeys(words))


def _is_known(part: str, machine: Machine) -> bool:
    kind, colon, index = part.partition(":")
    is_card = bool(colon) and kind != "cpu" and index.isdecimal()
    return bool(_THREADS.fullmatch(part)) or (kind if is_card else part) in _words(machine).split(
        ", "
    )


def _candidates(
    parts: Sequence[str], request: CrossoverRequest, machine: Machine
) -> list[Candidate]:
    """Return the targets to choose from: what the parts do not name is as the options say.

    Without an option it is each backend's default mode, float32 and all usable cores, on any
    device.
    """
    declared = machine.declarations
    kinds = list(dict.fromkeys(kind for d in declared.values() for kind in d.devices))
    modes = {mode for d in declared.values() for mode in d.modes}
    dtypes = {t for d in declared.values() for types in d.devices.values() for t in types}
    asked = {"device": kinds, "mode": ["default"], **request.targets}
    cards = [part for part in parts if part.partition(":")[0] in kinds]
    for axis, named_values in (
        ("backend", [part for part in parts if part in declared]),
        ("device", cards),
        ("mode", [part for part in parts if part in modes]),
        ("dtype", [part for part in parts if part in dtypes]),
        ("threads", [m[1] for part in parts if (m := _THREADS.fullmatch(part))]),
    ):
        if named_values:
            asked[axis] = named_values
    return targets_for(asked, machine)


def with_call(
    chosen: Candidate, kind: str, request: CrossoverRequest, machine: Machine
) -> Candidate:
    """Return the target with the call of `--data`; UsageError if the workload has none."""
    target, mode_kind = chosen
    call = CALLS[choice("--data", request.data or "resident", tuple(CALLS))]
    declared = machine.declarations[target.backend]
    if call and call not in declared.calls.get(kind, ()):
        takers = [name for name, calls in declared.calls.items() if call in calls]
        raise UsageError.worded(
            f"--data {request.data}: {kind} has no call that takes arrays in {target.backend}. "
            f"Allowed: {', '.join(takers) or 'resident'}.",
            value=request.data,
            allowed=", ".join(takers) or "resident",
        )
    return replace(target, call=call), mode_kind

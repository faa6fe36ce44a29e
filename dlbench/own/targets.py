"""The targets of a network in a user's own file: one for each function that they can run."""

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from dlbench.records.case import ALL_CALLS, Declaration, Target
from dlbench.records.own import OwnNetwork


def own_variants(
    network: OwnNetwork,
    target: Target,
    declared: Declaration,
    axes: Mapping[str, list[int] | list[str]],
) -> Iterator[Target]:
    """Yield the target with the call of every function, or with those of the axis `call`."""
    asked = axes.get("call", [])
    for name, way in declared.own.items():
        is_asked = not asked or way.call in asked or ALL_CALLS in asked
        runs_in = way.modes or tuple(declared.modes)
        if name in network.functions and is_asked and target.mode in runs_in:
            yield replace(target, call=way.call)


def own_reason_to_skip(target: Target, declared: Declaration) -> str | None:
    """Return why the call of a target has no such dtype; None if it has it."""
    ways = (way for way in declared.own.values() if way.call == target.call)
    return next((way.lacks[target.dtype] for way in ways if target.dtype in way.lacks), None)


def own_calls(declarations: Mapping[str, Declaration]) -> list[str]:
    """Return the calls of all functions, each once."""
    ways = (way for declared in declarations.values() for way in declared.own.values())
    return list(dict.fromkeys(way.call for way in ways))

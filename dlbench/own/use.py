"""How to use what was found to be fastest: the line for one's code or shell, by the backend."""

from collections.abc import Iterable, Mapping

from dlbench.records.case import Declaration, Target


def line(target: Target, declarations: Mapping[str, Declaration]) -> str:
    """Return the line that uses a target's way without dlbench; empty if its backend has none."""
    declared = declarations.get(target.backend)
    ways = declared.own.values() if declared else ()
    return next((way.use.get(target.mode, "") for way in ways if way.call == target.call), "")


def lines(
    fastest: Iterable[tuple[str, str, Target]], declarations: Mapping[str, Declaration]
) -> list[str]:
    """Return one line for each workload and target, such as `train_step net, x jit: jit(apply)`.

    fastest: names of workloads and of targets, with the targets.
    """
    return [
        f"{workload}, {name}: {found}"
        for workload, name, target in fastest
        if (found := line(target, declarations))
    ]

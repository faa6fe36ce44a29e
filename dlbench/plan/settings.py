"""Collect what the backends of a plan do otherwise than their frameworks, for the run's head."""

from collections.abc import Mapping

from dlbench.records.case import Declaration, Target
from dlbench.records.plan import Plan
from dlbench.records.settings import Departure, Difference


def departures(
    plan: Plan, declarations: Mapping[str, Declaration]
) -> dict[str, tuple[Departure, ...]]:
    """Return the settings that differ from the defaults for any target to be measured."""
    targets = _targets(plan)
    return {
        backend: tuple(
            one
            for one in declarations[backend].departures
            if any(applies(one, target) for target in targets if target.backend == backend)
        )
        for backend in dict.fromkeys(target.backend for target in targets)
    }


def differences(
    plan: Plan, declarations: Mapping[str, Declaration]
) -> dict[str, tuple[Difference, ...]]:
    """Return what comes out differently by definition, of the backends to be measured."""
    backends = dict.fromkeys(target.backend for target in _targets(plan))
    return {backend: declarations[backend].differences for backend in backends}


def applies(departure: Departure, target: Target) -> bool:
    """Return whether the setting differs from the default for a target of the backend."""
    is_default = any(
        getattr(target, axis) == value for axis, value in departure.measured_by.items()
    )
    kind = target.device.partition(":")[0]
    return not is_default and (not departure.devices or kind in departure.devices)


def _targets(plan: Plan) -> list[Target]:
    """Return the targets that are not skipped."""
    return list(dict.fromkeys(case.target for case in plan.cases if case.skip is None))


def usual_dtypes(plan: Plan, declarations: Mapping[str, Declaration]) -> dict[str, dict[str, str]]:
    """Return in which dtype the backends to be measured multiply float32, by kind of device."""
    backends = dict.fromkeys(target.backend for target in _targets(plan))
    return {backend: declarations[backend].usual_dtypes for backend in backends}

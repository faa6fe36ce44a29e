"""Find out whether a backend supports the requested options, and which two exclude each other.

Every value that a user names is measured, left out with a reason, or refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dlbench.errors import UsageError
from dlbench.records.case import Declaration, Target

# The word for every backend's default mode.
DEFAULT = "default"

# Pairs of axes whose options may exclude each other, in the order of the search.
PAIRS = (
    ("dtype", "device"),
    ("mode", "device"),
    ("device", "backend"),
    ("mode", "backend"),
    ("dtype", "backend"),
)


def is_wanted(mode: str, kind: str, wanted: Sequence[str], declared: Declaration) -> bool:
    """Return whether the mode is wanted: by its name, by its kind, or as the default.

    A mode that must be asked for is wanted by its name alone.
    """
    is_default = DEFAULT in wanted and mode == declared.default
    is_of_kind = kind in wanted and mode not in declared.on_request
    return is_default or mode in wanted or is_of_kind


def is_on(device: str, mode: str, declared: Declaration) -> bool:
    """Return whether the mode runs on the device."""
    kinds = declared.only_on.get(mode, tuple(declared.devices))
    return device.partition(":")[0] in kinds


def nothing_fits(
    wanted: Mapping[str, Sequence[str]],
    declared: Mapping[str, Declaration],
    *,
    is_gpu_missing: bool,
) -> UsageError:
    """Return the error if no backend supports all options together; it names two that clash.

    wanted: the words for each axis; is_gpu_missing: whether the user chose no device and the
    machine has no GPU.
    """
    backends = wanted["backend"]
    clash = _clash(wanted, declared, is_gpu_missing=is_gpu_missing)
    if clash is not None:
        text, is_of_backends = clash
        return UsageError(text, allowed=_abilities(backends, declared) if is_of_backends else "")
    words = [word for axis in ("mode", "dtype", "device") for word in wanted[axis]]
    text = "no backend supports all of these options together"
    value = f"{', '.join(backends)}: {', '.join(words)}"
    return UsageError(text, value=value, allowed=_abilities(backends, declared))


def unmet(
    named: Mapping[str, Sequence[str]],
    targets: Iterable[Target],
    wanted: Mapping[str, Sequence[str]],
    declared: Mapping[str, Declaration],
    *,
    is_gpu_missing: bool,
) -> list[str]:
    """Return why values have no target: a reason for each, in the words of `nothing_fits`.

    named: the values to look at, for each axis; wanted: those of all axes; is_gpu_missing: see
    `nothing_fits`.
    """
    known = list(targets)
    reasons = []
    for axis, values in named.items():
        for value in values:
            if not any(has_value(target, axis, value, declared) for target in known):
                clash = _clash({**wanted, axis: [value]}, declared, is_gpu_missing=is_gpu_missing)
                reasons.append(clash[0] if clash else f"no backend has {value} with the rest")
    return list(dict.fromkeys(reasons))


def has_value(target: Target, axis: str, value: str, declared: Mapping[str, Declaration]) -> bool:
    """Return whether the target has this value of an axis; a mode may be named by its kind."""
    if axis == "mode":
        backend = declared[target.backend]
        return is_wanted(target.mode, backend.modes[target.mode], [value], backend)
    return str(getattr(target, axis)) == value


def _clash(
    wanted: Mapping[str, Sequence[str]],
    declared: Mapping[str, Declaration],
    *,
    is_gpu_missing: bool,
) -> tuple[str, bool] | None:
    """Return which options of one axis no option of another supports; None without such.

    The second value says whether the other axis is that of the backends.
    """
    for axis, other in PAIRS:
        fitting = [
            target for target in _every_target(declared) if _fits(axis, target, wanted, declared)
        ]
        if not any(_fits(other, target, wanted, declared) for target in fitting):
            places = list(dict.fromkeys(getattr(target, other) for target in fitting))
            if is_gpu_missing and places == ["cuda"]:
                return f"{_exists(wanted[axis])} only on a CUDA GPU, and none was found", False
            place = "in" if other == "backend" else "on"
            text = (
                f"{_exists(wanted[axis])} only {place} {', '.join(places)}, "
                f"not {place} {', '.join(wanted[other])}"
            )
            return text, other == "backend"
    return None


def _exists(words: Sequence[str]) -> str:
    return f"{', '.join(words)} {'exists' if len(words) == 1 else 'exist'}"


def _every_target(declared: Mapping[str, Declaration]) -> Iterator[Target]:
    for backend, abilities in declared.items():
        for device, dtypes in abilities.devices.items():
            for mode in abilities.modes:
                if is_on(device, mode, abilities):
                    yield from (Target(backend, device, mode, dtype, 1) for dtype in dtypes)


def _fits(
    axis: str,
    target: Target,
    wanted: Mapping[str, Sequence[str]],
    declared: Mapping[str, Declaration],
) -> bool:
    """Return whether the target has one of the wanted values of the axis."""
    if axis == "mode":
        backend = declared[target.backend]
        return is_wanted(target.mode, backend.modes[target.mode], wanted["mode"], backend)
    return getattr(target, axis) in {word.partition(":")[0] for word in wanted[axis]}


def _abilities(names: Sequence[str], declared: Mapping[str, Declaration]) -> str:
    return "; ".join(_ability(name, declared[name]) for name in names)


def _ability(name: str, declared: Declaration) -> str:
    devices = (f"{kind} ({', '.join(dtypes)})" for kind, dtypes in declared.devices.items())
    return f"{name}: {', '.join(declared.modes)}; on {' and '.join(devices)}"

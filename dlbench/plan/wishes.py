"""Find out whether a backend supports the requested options, and which two exclude each other."""

from collections.abc import Iterator, Mapping, Sequence

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
    """Return whether the mode is wanted: by its name, by its kind, or as the default."""
    is_default = DEFAULT in wanted and mode == declared.default
    return is_default or mode in wanted or kind in wanted


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
    for axis, other in PAIRS:
        fitting = [
            target for target in _every_target(declared) if _fits(axis, target, wanted, declared)
        ]
        if not any(_fits(other, target, wanted, declared) for target in fitting):
            places = list(dict.fromkeys(getattr(target, other) for target in fitting))
            if is_gpu_missing and places == ["cuda"]:
                text = f"{_exists(wanted[axis])} only on a CUDA GPU, and none was found"
                return UsageError(text)
            return _clash(wanted, axis, other, places, declared)
    words = [word for axis in ("mode", "dtype", "device") for word in wanted[axis]]
    text = "no backend supports all of these options together"
    value = f"{', '.join(wanted['backend'])}: {', '.join(words)}"
    return UsageError(text, value=value, allowed=_abilities(wanted["backend"], declared))


def _clash(
    wanted: Mapping[str, Sequence[str]],
    axis: str,
    other: str,
    places: Sequence[str],
    declared: Mapping[str, Declaration],
) -> UsageError:
    """Return the error for options of one axis that no option of the other supports.

    places: the values of the other axis that support them.
    """
    is_backend = other == "backend"
    place = "in" if is_backend else "on"
    text = (
        f"{_exists(wanted[axis])} only {place} {', '.join(places)}, "
        f"not {place} {', '.join(wanted[other])}"
    )
    return UsageError(text, allowed=_abilities(wanted[other], declared) if is_backend else "")


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

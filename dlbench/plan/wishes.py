"""Whether a backend has what a user asks for, and which two wishes exclude each other."""

from collections.abc import Iterator, Mapping, Sequence

from dlbench.errors import UsageError
from dlbench.records.case import Declaration, Target

# The word for every backend's default mode.
DEFAULT = "default"

# Two axes of which no target may have both wishes, in the order in which they are looked at.
PAIRS = (
    ("dtype", "device"),
    ("mode", "device"),
    ("device", "backend"),
    ("mode", "backend"),
    ("dtype", "backend"),
)


def is_wanted(mode: str, kind: str, wanted: Sequence[str], declared: Declaration) -> bool:
    """Whether the mode is asked for by its name, its kind, or as the default."""
    is_default = DEFAULT in wanted and mode == declared.default
    return is_default or mode in wanted or kind in wanted


def is_on(device: str, mode: str, declared: Declaration) -> bool:
    """Whether the device has the mode."""
    kinds = declared.only_on.get(mode, tuple(declared.devices))
    return device.partition(":")[0] in kinds


def nothing_fits(
    wanted: Mapping[str, Sequence[str]],
    declared: Mapping[str, Declaration],
    *,
    is_gpu_missing: bool,
) -> UsageError:
    """The error where no backend has all wishes together; it names the two that clash.

    wanted: the words for each axis; is_gpu_missing: the device was not chosen, and there is no
    GPU.
    """
    for axis, other in PAIRS:
        having = [one for one in _every_target(declared) if _fits(axis, one, wanted, declared)]
        if not any(_fits(other, one, wanted, declared) for one in having):
            places = list(dict.fromkeys(getattr(one, other) for one in having))
            if is_gpu_missing and places == ["cuda"]:
                text = f"{_exists(wanted[axis])} only on a CUDA GPU, and none was found"
                return UsageError(text)
            return _clash(wanted, axis, other, places, declared)
    words = [word for axis in ("mode", "dtype", "device") for word in wanted[axis]]
    text = "no backend has all of what was asked for together"
    value = f"{', '.join(wanted['backend'])}: {', '.join(words)}"
    return UsageError(text, value=value, allowed=_abilities(wanted["backend"], declared))


def _clash(
    wanted: Mapping[str, Sequence[str]],
    axis: str,
    other: str,
    places: Sequence[str],
    declared: Mapping[str, Declaration],
) -> UsageError:
    """The error for wishes of one axis that no wish of the other has; places: what has them."""
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
    for backend, one in declared.items():
        for device, dtypes in one.devices.items():
            for mode in one.modes:
                if is_on(device, mode, one):
                    yield from (Target(backend, device, mode, dtype, 1) for dtype in dtypes)


def _fits(
    axis: str,
    target: Target,
    wanted: Mapping[str, Sequence[str]],
    declared: Mapping[str, Declaration],
) -> bool:
    """Whether the target has one of the wishes of the axis."""
    if axis == "mode":
        one = declared[target.backend]
        return is_wanted(target.mode, one.modes[target.mode], wanted["mode"], one)
    return getattr(target, axis) in {word.partition(":")[0] for word in wanted[axis]}


def _abilities(names: Sequence[str], declared: Mapping[str, Declaration]) -> str:
    return "; ".join(_ability(name, declared[name]) for name in names)


def _ability(name: str, declared: Declaration) -> str:
    devices = (f"{kind} ({', '.join(dtypes)})" for kind, dtypes in declared.devices.items())
    return f"{name}: {', '.join(declared.modes)}; on {' and '.join(devices)}"

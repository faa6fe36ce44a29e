"""Whether the implementations of a user's own network are equal, by their twins, in sentences.

It reads records alone: the numbers were computed in the workers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from math import hypot, inf

from dlbench import units
from dlbench.grouping import grouped
from dlbench.records.case import Case
from dlbench.records.measurement import Measurement
from dlbench.records.own import Twin, TwinLayer

# The largest relative difference of equal numbers. Two float64 programs differ by 1e-12 or less; a
# forgotten epsilon or bias by 1e-4 or more.
EQUAL = 1e-6

# Two counters of FLOPs that differ by more are both told.
SAME_FLOPS = 0.05


def difference(one: Twin, other: Twin) -> str | None:
    """Return the first difference of two twins in words, from the inputs on; None if they agree."""
    if one.data != other.data:
        return "their data differ: batch(n) must return the same in every process"
    before = ""
    pairs = list(zip_longest(one.layers, other.layers))
    for number, (left, right) in enumerate(pairs, start=1):
        if left is None or right is None:
            there = left or right
            return f"only one has layer {number} ({there.name})"
        apart = _apart(left.entered, right.entered)
        if apart > EQUAL:
            return f"{before or 'before the first layer, the inputs'} differ by {_share(apart)}"
        named = f"layer {number} ({_named(left, right)})"
        if left.shapes != right.shapes:
            return f"{named} has weights {_shapes(left)} and {_shapes(right)}"
        before = f"the outputs of {named}"
    return _at_the_end(one, other, before)


def _at_the_end(one: Twin, other: Twin, last: str) -> str | None:
    if one.shape != other.shape:
        return f"the outputs have the shapes {one.shape} and {other.shape}"
    apart = max(_apart(one.norm, other.norm), _far(one.outputs, other.outputs))
    if apart > EQUAL:
        return f"{last}, the last with weights, or what follows it, differ by {_share(apart)}"
    if (apart := _apart(one.loss, other.loss)) > EQUAL:
        return f"the outputs agree, but the losses differ by {_share(apart)}"
    largest = max((g for layer in one.layers for g in layer.gradients), default=0.0)
    for number, (left, right) in enumerate(zip(one.layers, other.layers, strict=True), start=1):
        for before, after in zip(left.gradients, right.gradients, strict=True):
            if abs(before - after) > EQUAL * largest:
                share = _share(_apart(before, after))
                return f"a gradient of layer {number} ({_named(left, right)}) differs by {share}"
    return None


def _apart(one: float | None, other: float | None) -> float:
    """Return the relative difference; 0 where one is unknown."""
    if one is None or other is None or one == other:
        return 0.0
    largest = max(abs(one), abs(other))
    return abs(one - other) / largest if largest else inf


def _far(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the distance of two vectors, relative to the longer one."""
    apart = hypot(*(a - b for a, b in zip(one, other, strict=False)))
    longest = max(hypot(*one), hypot(*other))
    return apart / longest if longest else 0.0


def _share(apart: float) -> str:
    return units.percent(apart) if apart >= SAME_FLOPS / 1000 else f"{apart:.1g} of their size"


def _named(left: TwinLayer, right: TwinLayer) -> str:
    return ", ".join(dict.fromkeys((left.name, right.name)))


def _shapes(layer: TwinLayer) -> str:
    return " ".join("x".join(map(str, shape)) for shape in layer.shapes)


Found = Mapping[str, Mapping[str, Twin]]


def twins(cases: Iterable[Case], measurements: Iterable[Measurement]) -> Found:
    """Return the twins of each network at its first batch, by implementation such as `x keras`."""
    known = {case.id: case for case in cases if case.workload.own is not None}
    found: dict[str, dict[str, Twin]] = {}
    batches: dict[str, object] = {}
    for one in measurements:
        case = known.get(one.case)
        if case is None or one.twin is None:
            continue
        network, batch = str(case.workload.params["network"]), case.workload.params["batch"]
        name = f"{case.target.backend} {case.target.call}"
        if batches.setdefault(network, batch) == batch:
            kept = found.setdefault(network, {})
            if name not in kept or (kept[name].trained is None and one.twin.trained):
                kept[name] = one.twin
    return found


def doubts(found: Found) -> list[str]:
    """Return which networks are not proven equal and why, and which do not learn, in sentences."""
    return [line for network, those in found.items() for line in _doubts(network, those)]


def _doubts(network: str, those: Mapping[str, Twin]) -> Iterator[str]:
    for equal in _classes(those)[1:]:
        first, other = next(iter(those)), equal[0]
        why = difference(those[first], those[other])
        yield f"{network} is not proven equal in {first} and in {', '.join(equal)}: {why}"
    for name, twin in those.items():
        if twin.trained and twin.trained[1] >= twin.trained[0]:
            losses = " to ".join(units.significant(loss) for loss in twin.trained)
            yield f"the loss of {network} in {name} did not come down in the check: {losses}"


def _classes(those: Mapping[str, Twin]) -> list[list[str]]:
    """Return the implementations in groups of equal ones; the first one's group comes first."""
    found: list[list[str]] = []
    for name, twin in those.items():
        for group in found:
            if difference(those[group[0]], twin) is None:
                group.append(name)
                break
        else:
            found.append([name])
    return found


def lines(found: Found) -> list[str]:
    """Return what is proven equal, and the size and work of each network, in sentences."""
    told = []
    for network, those in found.items():
        told += [
            f"{network} is proven equal in {', '.join(equal)}: with the same weights and "
            "data, outputs, loss and gradients agree in float64"
            for equal in _classes(those)
            if len(equal) > 1
        ]
        told.append(f"{network}: {_size(those)}")
    return told


def _size(those: Mapping[str, Twin]) -> str:
    """Return the number of parameters and the FLOPs, by whom."""
    parameters = grouped(those, lambda name: those[name].parameters)
    sizes = [
        f"{count:,} parameters" + (f" ({', '.join(names)})" if len(parameters) > 1 else "")
        for count, names in parameters.items()
    ]
    counted = {twin.counted_by: twin.flops for twin in those.values() if twin.flops}
    work = [f"{flops / 1e6:,.3g} MFLOP a training step by {by}" for by, flops in counted.items()]
    if counted and max(counted.values()) <= (1 + SAME_FLOPS) * min(counted.values()):
        work = work[:1]
    return ", ".join([*sizes, *work])

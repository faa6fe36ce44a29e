"""What does not fit into the memory of a device is skipped there, and measured elsewhere."""

import pytest
from msgspec.structs import replace

from dlbench import units
from dlbench.plan.fitting.memory import CONTEXT_BYTES, DEVICE_SHARE, MEMORY_SHARE, within_memory
from dlbench.records.case import Case, Group, Target, Work, Workload
from fakes.machine import machine

# Operands and result of a product of matrices of this size.
SIZE = 1024
NUMBERS = 3 * SIZE**2
PRODUCT = Workload("matmul", dict.fromkeys("mnk", SIZE), Work(2 * SIZE**3, NUMBERS))


def group(*places: str, dtype: str = "float32") -> Group:
    """A case on each place, such as `alpha cuda`."""
    targets = [Target(*place.split(), "eager", dtype, 1) for place in places]
    return Group(PRODUCT, tuple(Case(PRODUCT, target, "dynamic") for target in targets))


def skips(found: Group) -> list[str | None]:
    return [case.skip for case in found.cases]


def needed(cases: int, width: int = 4) -> int:
    """What so many cases need on a device, one of them a null."""
    return (cases + 1) * (CONTEXT_BYTES + DEVICE_SHARE * NUMBERS * width)


@pytest.mark.parametrize("free", [None, needed(2), 10 * needed(2)])
def test_what_fits_or_is_not_known_is_measured(free) -> None:
    given = group("alpha cuda", "beta cuda", "alpha cpu")
    assert within_memory(given, machine(gpus=1, device_memory=(free,)), {}) == given


def test_a_driver_that_lists_no_memory_leaves_all_as_it_is() -> None:
    given = group("alpha cuda")
    assert within_memory(given, machine(gpus=1), {}) == given


def test_what_does_not_fit_on_a_device_is_skipped_there_alone_with_both_sizes() -> None:
    free = needed(2) - 1
    here = machine(gpus=1, device_memory=(free,))
    found = within_memory(group("alpha cuda", "beta cuda", "alpha cpu"), here, {})
    first, second, on_cpu = skips(found)
    assert first == second
    assert first == (
        f"matmul/1024x1024x1024 needs about {units.size(needed(2))} of cuda's memory for its 2 "
        f"targets and {units.size(free)} are free; choose smaller sizes or fewer targets"
    )
    assert on_cpu is None


def test_every_device_has_its_own_memory() -> None:
    here = machine(gpus=2, device_memory=(needed(1), needed(1) - 1))
    first, second = skips(within_memory(group("alpha cuda", "alpha cuda:1"), here, {}))
    assert first is None
    assert "of cuda:1's memory for its 1 target and" in second


def test_numbers_of_sixteen_bits_need_half_on_a_device_and_are_drawn_in_float32() -> None:
    given = group("alpha cuda", dtype="bfloat16")
    on_host = 2 * MEMORY_SHARE * NUMBERS * 4
    fits = {"gpus": 1, "device_memory": (needed(1, width=2),), "memory_bytes": on_host}
    assert within_memory(given, machine(**fits), {}) == given
    assert "of memory" in skips(within_memory(given, machine(**fits | {"memory_bytes": 1}), {}))[0]
    less = {**fits, "device_memory": (needed(1, width=2) - 1,)}
    assert "of cuda's memory" in skips(within_memory(given, machine(**less), {}))[0]


def test_a_case_that_is_skipped_already_keeps_its_reason_and_needs_nothing() -> None:
    given = group("alpha cuda", "beta cuda")
    first, second = given.cases
    given = replace(given, cases=(replace(first, skip="not installed"), second))
    here = machine(gpus=1, device_memory=(needed(1),))
    assert skips(within_memory(given, here, {})) == ["not installed", None]

"""Which cases of a plan are measured a second time: few processes, every device, every target."""

import pytest
from msgspec.structs import replace

from dlbench.plan.nulls import with_nulls
from dlbench.records.case import Case, Declaration, Group, Target
from fakes.runs import matmul


def declared(default: str = "eager") -> Declaration:
    modes = {"eager": "dynamic", "fast": "dynamic", "graph": "static"}
    return Declaration("p", ("p",), "", modes, {}, {}, default=default)  # type: ignore[arg-type]


KNOWN = {"a": declared(), "b": declared(), "c": declared(default="graph")}


def target(backend: str, mode: str = "eager", device: str = "cpu") -> Target:
    return Target(backend, device, mode, "float32", 2)


A, B, C = map(target, "abc")
C_GRAPH, A_GPU, B_GPU = target("c", "graph"), target("a", device="cuda"), target("b", device="cuda")


def row(size: int, *targets: Target, skip: str | None = None) -> Group:
    workload = matmul(size)
    kinds = {"graph": "static"}
    cases = (
        Case(workload, one, kinds.get(one.mode, "dynamic"), skip)  # type: ignore[arg-type]
        for one in targets
    )
    return Group(workload, tuple(cases))


def nulls(*rows: Group, generations: int = 1) -> list[list[Target]]:
    """The targets of the nulls: row by row, all of the first generation first."""
    made = with_nulls(rows, generations, KNOWN)
    return [
        [null.target for null in group.copies_in(number)]
        for number in range(generations)
        for group in made
    ]


def test_one_process_serves_all_rows() -> None:
    assert nulls(*(row(size, A, B, C_GRAPH) for size in (1, 2, 3))) == [[A]] * 3


def test_it_is_a_target_that_most_rows_have() -> None:
    assert nulls(row(1, A, B), row(2, B), row(3, B)) == [[B]] * 3


def test_a_row_without_it_has_another() -> None:
    assert nulls(row(1, A, B), row(2, A), row(3, B), row(4, A)) == [[A], [A], [B], [A]]


def test_in_every_generation_it_is_another_target() -> None:
    assert nulls(row(1, A, B), generations=5) == [[A], [B], [A], [B], [A]]


def test_every_device_has_its_own() -> None:
    assert nulls(row(1, A, A_GPU, B_GPU), row(2, B, B_GPU)) == [[A, B_GPU], [B, B_GPU]]


def test_a_static_mode_is_copied_only_where_there_is_no_other() -> None:
    assert nulls(row(1, C_GRAPH, B), generations=3) == [[B]] * 3
    assert nulls(row(1, C_GRAPH)) == [[C_GRAPH]]


def test_the_usual_mode_of_a_backend_goes_before_an_unusual_one() -> None:
    assert nulls(row(1, C, B)) == [[B]]
    assert nulls(row(1, target("a", "fast"), A)) == [[A]]


@pytest.mark.parametrize("generations", [1, 3])
def test_a_null_is_a_copy_of_a_case_of_its_row_and_no_case_of_the_plan(generations: int) -> None:
    for group in with_nulls([row(1, A, B), row(2, B, C)], generations, KNOWN):
        for null in group.copies:
            assert replace(null, null=False) in group.cases
            assert null not in group.cases
        assert group.live == (*group.cases, *group.copies)


def test_a_case_that_is_skipped_is_not_copied() -> None:
    assert nulls(row(1, A, skip="is not there")) == [[]]
    mixed = row(1, A, B)
    first, second = mixed.cases
    assert nulls(replace(mixed, cases=(replace(first, skip="away"), second))) == [[B]]

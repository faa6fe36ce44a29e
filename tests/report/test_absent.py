"""What was not measured is named with its reason."""

from msgspec.structs import replace

from dlbench.report.absent import absent
from dlbench.report.tables import lay_out
from fakes.runs import COMPILED, NUMPY, TORCH, case, forward, matmul, rows

SMALL, LARGE = matmul(100), matmul(1000)


def test_targets_that_never_ran_are_named_for_every_reason() -> None:
    found = rows(
        (case(SMALL, NUMPY), 1e-3),
        (case(SMALL, TORCH), "torch is not installed"),
        (case(SMALL, COMPILED), "torch is not installed"),
        (case(SMALL, replace(TORCH, device="cuda")), "there is no device cuda"),
    )
    assert absent(found) == [
        "Not measured: torch is not installed",
        "Not measured: torch cuda eager: there is no device cuda",
    ]
    assert lay_out(found, "gflops").heads == (("numpy",),)


def test_workloads_that_never_ran_are_named_for_every_reason() -> None:
    found = rows(
        (case(SMALL), 1e-3),
        (case(SMALL, TORCH), "no torch"),
        *(
            (case(matmul(size), target), "too large")
            for size in (2, 3)
            for target in (NUMPY, TORCH)
        ),
        (case(LARGE), "the budget is spent"),
    )
    assert absent(found) == [
        "Not measured: torch: no torch",
        "Not measured: torch: too large",
        "Not measured: matmul 2, matmul 3: too large",
        "Not measured: matmul 1000: the budget is spent",
    ]


def test_networks_without_their_data_are_named_once() -> None:
    found = rows(
        (case(forward("mnist-512", synthetic=True)), 1e-3),
        (case(forward("mnist-128", synthetic=True)), 1e-3),
        (case(forward("iris")), 1e-3),
    )
    assert absent(found) == ["Measured on random numbers instead of data: mnist-128, mnist-512"]

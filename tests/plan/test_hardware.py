"""What is planned to be measured of machines that were never built."""

import pytest

from dlbench.errors import UsageError
from dlbench.machine.accelerators import Accelerator
from dlbench.machine.topology import Topology
from dlbench.plan.hardware import BUDGET_S, COPIES, make
from dlbench.plan.request import HardwareRequest
from dlbench.plan.targets import NO_GPU, Machine
from fakes.machine import machine

GPU = Accelerator("NVIDIA H200", 16896, 1.98, 2**37)


def planned(here: Machine | None = None, cache_bytes: int | None = 2**25, gpus=(), **options):
    request = HardwareRequest.of(options)
    return make(request, here or machine(), Topology(4, 4, cache_bytes), gpus)


def settings(plan):
    return [(one.device, one.dtype, one.threads) for one in plan.products]


def names(kinded):
    return [f"{one.backend}/{one.mode}/{one.device}" for one, _ in kinded]


def test_all_cores_come_first_then_one_and_every_dtype_that_a_framework_has() -> None:
    plan = planned()
    assert settings(plan) == [
        ("cpu", "float32", 4),
        ("cpu", "float64", 4),
        ("cpu", "float32", 1),
        ("cpu", "float64", 1),
    ]
    assert plan.threads == (1, 4)
    assert [names(one.targets) for one in plan.products[:2]] == [
        ["alpha/eager/cpu", "beta/eager/cpu"],
        ["alpha/eager/cpu"],
    ]
    assert plan.budget_s == BUDGET_S


def test_one_core_is_measured_once() -> None:
    assert settings(planned(machine(cores=1))) == [("cpu", "float32", 1), ("cpu", "float64", 1)]


def test_a_gpu_is_measured_with_all_threads_of_the_host_alone() -> None:
    plan = planned(machine(gpus=1), gpus=[GPU])
    assert settings(plan)[4:] == [("cuda", "float32", 4), ("cuda", "tf32", 4)]
    assert plan.memory_bytes["cpu"] == plan.memory_bytes["cuda"]  # the host has less
    assert planned(machine(gpus=1), gpus=[GPU], device="cuda").threads == ()


def test_a_gpu_has_one_number_of_threads_whatever_is_asked_for() -> None:
    plan = planned(machine(gpus=1), gpus=[GPU], device="cuda", threads="1,2")
    assert settings(plan) == [("cuda", "float32", 2), ("cuda", "tf32", 2)]


def test_a_product_fits_into_a_small_gpu() -> None:
    small = Accelerator("small", None, None, 2**30)
    plan = planned(machine(gpus=1), gpus=[small])
    assert plan.memory_bytes["cuda"] == 2**28 // 3
    assert plan.memory_bytes["cpu"] == 2**32 // 3


def test_every_mode_has_a_smallest_step_the_default_ones_first_and_compiled_ones_last() -> None:
    assert names(planned().floors) == [
        "alpha/eager/cpu",
        "beta/eager/cpu",
        "beta/graph/cpu",
        "beta/jit/cpu",
    ]
    on_both = names(planned(machine(gpus=1), gpus=[GPU]).floors)
    assert [one for one in on_both if one.endswith("cuda")] == [
        "beta/eager/cuda",
        "beta/graph/cuda",
        "beta/jit/cuda",
    ]


def test_arrays_of_the_sum_are_larger_than_the_caches_and_smaller_than_the_memory() -> None:
    assert planned().array_bytes == 2**28
    assert planned(cache_bytes=None).array_bytes == 2**28
    assert planned(cache_bytes=2**28).array_bytes == 2**30
    assert planned(machine(memory_bytes=2**30)).array_bytes == 2**28 // 3


def test_options_choose_what_is_measured() -> None:
    plan = planned(backend="beta", dtype="float32", threads="2", mode="jit", budget_s=5.0)
    assert settings(plan) == [("cpu", "float32", 2)]
    assert names(plan.floors) == ["beta/jit/cpu"]
    assert plan.budget_s == 5.0


def test_a_framework_that_is_not_installed_is_told() -> None:
    plan = planned(machine(installed=frozenset({"alpha"})))
    assert plan.notes[0] == "beta is not installed; to add it: pip install beta"
    assert {one.backend for products in plan.products for one, _ in products.targets} == {"alpha"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "gamma"}, "unknown backend: 'gamma'"),
        ({"device": "cuda"}, "nothing can be measured: no CUDA GPU found"),
        ({"threads": "9"}, "nothing can be measured: --threads 9: this machine has 4 usable cores"),
        ({"dtype": "tf32"}, "tf32"),
        ({"budget_s": 0}, "--budget 0: seconds, more than 0"),
    ],
)
def test_a_mistake_is_told(options, message) -> None:
    with pytest.raises(UsageError) as caught:
        planned(**options)
    assert message in str(caught.value)


def test_where_nothing_is_installed_there_is_nothing_to_measure() -> None:
    with pytest.raises(UsageError, match="alpha is not installed"):
        planned(machine(installed=frozenset()))


def test_why_no_copies_are_measured_is_told() -> None:
    assert planned().notes == (f"{COPIES}: {NO_GPU}",)
    assert planned(machine(gpus=1), gpus=[GPU], device="cpu").notes == (
        f"{COPIES}: only the CPU is measured",
    )
    assert planned(machine(gpus=1), gpus=[GPU]).notes == ()

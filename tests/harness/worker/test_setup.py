"""A backend is started as its target says, or refused."""

import os

import numpy as np
import pytest
from msgspec.structs import replace

from dlbench import registry
from dlbench.errors import PlacementError
from dlbench.harness.worker.setup import (
    CARD_FACT,
    assert_card,
    assert_placed,
    start,
    start_here,
)
from dlbench.records.case import Declaration, Target
from fakes.backend import FakeBackend, Tensor
from fakes.clock import ToldClock

TARGET = Target("fake", "cpu", "eager", "float32", 2)


@pytest.fixture
def backend(monkeypatch):
    """The only backend that there is."""
    fake = FakeBackend(ToldClock())
    monkeypatch.setattr(registry, "load", lambda family, name, part="": fake.module)
    return fake


def on(device, dtype="float32"):
    return Tensor(np.zeros((), dtype), device)


def test_a_backend_is_told_what_its_target_says(backend):
    assert start(replace(TARGET, dtype="tf32"), "/scratch") is backend
    told = backend.setting
    assert (told.device, told.mode, told.dtype, told.threads) == ("cpu", "eager", "tf32", 2)
    assert told.scratch == "/scratch"


def test_a_backend_with_other_threads_is_refused(backend):
    backend.uses_threads = 7
    with pytest.raises(PlacementError, match="fake uses 7 threads instead of 2"):
        start(TARGET, "/scratch")


def test_a_backend_that_starts_here_finds_its_variables(backend, monkeypatch):
    declared = replace(
        registry.declaration("backends", "numpy", Declaration),
        environment={"DLBENCH_TEST": "{threads} in {scratch}", "DLBENCH_OTHER": "0"},
    )
    for name in declared.environment:
        monkeypatch.setenv(name, "before")
    monkeypatch.setattr(registry, "declaration", lambda family, name, kind: declared)
    found = {}
    begin = backend.start
    monkeypatch.setattr(backend, "start", lambda told: found.update(os.environ) or begin(told))
    assert start_here(TARGET, "/scratch") is backend
    assert (found["DLBENCH_TEST"], found["DLBENCH_OTHER"]) == ("2 in /scratch", "0")


@pytest.mark.parametrize(
    ("device", "place", "dtype"),
    [
        ("cuda", "cuda:0", "float32"),
        ("cuda", "cuda:0", "tf32"),
        ("cuda:1", "cuda:1", "float32"),
        ("cpu", "cpu", "float64"),
    ],
)
def test_tensors_may_lie_where_the_case_says(backend, device, place, dtype):
    storage = "float64" if dtype == "float64" else "float32"
    assert_placed(backend, replace(TARGET, device=device, dtype=dtype), {"x": on(place, storage)})


@pytest.mark.parametrize(
    ("device", "elsewhere"), [("cuda", "cpu"), ("cuda", "cuda:1"), ("cuda:1", "cuda:0")]
)
def test_tensors_must_lie_on_the_gpu_that_the_case_says(backend, device, elsewhere):
    with pytest.raises(
        PlacementError, match=f"x is float32 on {elsewhere} instead of .* on cuda:[01]"
    ):
        assert_placed(backend, replace(TARGET, device=device), {"x": on(elsewhere)})


UUID = "1234abcd-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (f"GPU-{UUID}", UUID),
        (f"GPU-{UUID}", UUID.upper()),
        (f"GPU-{UUID}", f"GPU-{UUID}"),
        (f"GPU-{UUID}", None),
        (f"MIG-{UUID}", "the card that it is a part of"),
        ("", UUID),
    ],
)
def test_a_framework_on_the_right_card_or_that_does_not_tell_is_let_in(backend, card, told):
    backend.device.facts = lambda: {CARD_FACT: told}
    assert_card(backend, card)


def test_a_framework_on_another_card_is_refused(backend):
    backend.device.facts = lambda: {CARD_FACT: UUID.replace("1", "2")}
    with pytest.raises(PlacementError, match=f"uses card 2234abcd-.* instead of GPU-{UUID}"):
        assert_card(backend, f"GPU-{UUID}")


@pytest.mark.parametrize("device", ["cuda", "mps", "xpu", "rocm"])
def test_the_first_of_any_kind_has_a_number_where_tensors_lie(backend, device):
    target = replace(TARGET, device=device)
    assert_placed(backend, target, {"a": on(f"{device}:0")})
    with pytest.raises(PlacementError):
        assert_placed(backend, target, {"a": on(f"{device}:1")})

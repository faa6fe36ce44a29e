"""Every backend can be asked what its framework is; which are started is as in every backend."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from dlbench import registry
from dlbench.errors import Unavailable
from dlbench.harness.worker import setup
from dlbench.records.framework import FrameworkFacts
from fakes.backends import (
    DECLARED,
    DEVICE,
    SELECTED,
    WARNINGS,
    declared_environment,  # noqa: F401 - a fixture
)

pytestmark = WARNINGS

every_backend = pytest.mark.parametrize("name", SELECTED)
only = {
    name: pytest.mark.skipif(name not in SELECTED, reason=f"{name} is not selected")
    for name in DECLARED
}


@pytest.mark.parametrize("name", DECLARED)
def test_every_backend_has_a_probe(name):
    assert registry.has_part("backends", name, setup.PROBE)


@every_backend
def test_it_says_its_version_and_what_multiplies(name):
    said = setup.probe(name)
    assert isinstance(said, FrameworkFacts)
    module = sys.modules[name]
    assert said.version == str(module.__version__)
    assert said.products
    assert said.is_optimised


@every_backend
def test_it_sees_gpus_if_and_only_if_cases_run_there(name):
    said = setup.probe(name)
    assert bool(said.gpus) == (DEVICE == "cuda")
    if said.gpus:
        assert said.cuda


def test_a_backend_that_nobody_can_ask_is_told(monkeypatch):
    monkeypatch.setattr(registry, "has_part", lambda *_: False)
    with pytest.raises(Unavailable, match="backend numpy has no probe"):
        setup.probe("numpy")


# --- what each says -------------------------------------------------------------------------------


@only["numpy"]
@pytest.mark.parametrize(
    ("named", "is_optimised"),
    [("accelerate", True), ("none", False), ("blas", False), ("", False)],
)
def test_without_a_loaded_blas_that_of_its_build_counts(monkeypatch, named, is_optimised):
    from dlbench.backends.numpy import probe

    config = {"Build Dependencies": {"blas": {"name": named}}}
    monkeypatch.setattr(probe, "threadpool_info", list)
    monkeypatch.setattr(np, "show_config", lambda mode: config)
    said = probe.facts()
    assert (said.products, said.is_optimised) == (
        named if named not in {"none", ""} else "no BLAS",
        is_optimised,
    )


@only["torch"]
@pytest.mark.parametrize(
    ("shown", "products", "is_optimised"),
    [
        ("BLAS_INFO=mkl, BUILD_TYPE=Release", "mkl", True),
        ("BLAS_INFO=eigen, BUILD_TYPE=Release", "eigen", False),
        ("BUILD_TYPE=Release", None, True),
    ],
)
def test_the_blas_of_torch_stands_in_its_build(monkeypatch, shown, products, is_optimised):
    import torch

    from dlbench.backends.torch import probe

    monkeypatch.setattr(torch.__config__, "show", lambda: shown)
    said = probe.facts()
    assert (said.products, said.is_optimised) == (products, is_optimised)


@only["torch"]
def test_torch_says_why_it_cannot_use_a_gpu(monkeypatch):
    import torch

    from dlbench.backends.torch import probe

    def refuse():
        raise RuntimeError("The NVIDIA driver on your system is too old (found version 11040).")

    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "init", refuse)
    said = probe.facts()
    assert said.gpus == ()
    assert said.gpu_error.startswith("RuntimeError: The NVIDIA driver on your system is too old")


@only["tensorflow"]
def test_tensorflow_says_what_it_was_built_for(monkeypatch):
    import tensorflow as tf

    from dlbench.backends.tensorflow import probe

    build = {
        "is_cuda_build": True,
        "cuda_version": "12.5.1",
        "cuda_compute_capabilities": ["sm_60", "compute_90"],
    }
    monkeypatch.setattr(tf.sysconfig, "get_build_info", lambda: build)
    said = probe.facts()
    assert (said.cuda, said.architectures) == ("12.5.1", ("sm_60", "compute_90"))


@only["jax"]
def test_jax_has_a_gpu_by_its_plugin_alone(monkeypatch):
    import jax

    from dlbench.backends.jax import probe

    def none(kind):
        raise RuntimeError("Unknown backend: 'gpu' requested")

    named = [SimpleNamespace(metadata={"Name": "jax-cuda13-plugin"})]
    monkeypatch.setattr(probe, "distributions", lambda: named)
    monkeypatch.setattr(jax, "devices", none)
    said = probe.facts()
    assert (said.cuda, said.rocm, said.gpus) == ("13", "", ())
    assert said.gpu_error == "RuntimeError: Unknown backend: 'gpu' requested"

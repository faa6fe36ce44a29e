"""Ask TensorFlow for its build, and for the GPUs that it sees."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from dlbench.records.framework import FrameworkFacts

# It brings its own kernels, whatever BLAS is installed:
# tensorflow.org/api_docs/python/tf/sysconfig, github.com/tensorflow/tensorflow, third_party/eigen3.
PRODUCTS = "its own (Eigen)"


def facts() -> FrameworkFacts:
    """Return its build and its GPUs."""
    build: Mapping[str, Any] = tf.sysconfig.get_build_info()
    capabilities = build.get("cuda_compute_capabilities")
    gpus = tf.config.list_physical_devices("GPU")
    return FrameworkFacts(
        version=tf.__version__,
        cuda=str(build.get("cuda_version", "")) if build.get("is_cuda_build") else "",
        rocm=str(build.get("rocm_version", "unknown")) if build.get("is_rocm_build") else "",
        gpus=tuple(map(_name, gpus)),
        architectures=tuple(capabilities) if capabilities else None,
        products=PRODUCTS,
    )


def _name(gpu: Any) -> str:
    details: Mapping[str, Any] = tf.config.experimental.get_device_details(gpu)
    return str(details.get("device_name", gpu.name))

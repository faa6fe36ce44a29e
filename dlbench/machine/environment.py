"""The machine and its software: what a reader must know to judge a run.

Read once per run, in the supervising process, from the system and from package metadata; no
framework is imported.
"""

import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from math import ceil
from pathlib import Path

import psutil
import pynvml
from archspec.cpu import brand_string, host
from archspec.cpu.detect import detected_info

from dlbench.machine.counters import affinity
from dlbench.records.case import Declaration
from dlbench.records.run import Environment

# Variables that change how fast a framework computes begin so.
PREFIXES = (
    "CUDA_",
    "GOMP_",
    "KMP_",
    "MKL_",
    "NVIDIA_TF32",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "TF_",
    "TORCH",
    "XLA_",
)


# Terraform's begin like TensorFlow's, have no part in any speed, and may hold secrets:
# https://developer.hashicorp.com/terraform/cli/config/environment-variables
NOT_OURS = (
    "TF_CLI_",
    "TF_DATA_DIR",
    "TF_LOG",
    "TF_PLUGIN_",
    "TF_TOKEN_",
    "TF_VAR_",
    "TF_WORKSPACE",
)


# Instructions for vectors and matrices begin so. Not "sme": on x86 that is memory encryption.
VECTOR_PREFIXES = ("altivec", "amx", "asimd", "avx", "f16c", "fma", "neon", "sse", "sve", "vsx")


CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


CPU_INFO = Path("/proc/cpuinfo")


def usable_cores() -> int:
    """Cores that this process may use: the affinity mask, within the cgroup's quota."""
    cores = len(affinity())
    quota = _cgroup_quota()
    return cores if quota is None else max(1, min(cores, ceil(quota)))


def _cgroup_quota() -> float | None:
    """Cores granted by cgroup v2; https://docs.kernel.org/admin-guide/cgroup-v2.html, cpu.max."""
    try:
        quota, period = CGROUP_QUOTA.read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None


def available_memory() -> int:
    """Bytes that can be taken without swapping."""
    return int(psutil.virtual_memory().available)


def cpu_name() -> str | None:
    """The model of the CPU as its maker names it; on Linux no process is started to read it."""
    system = platform.system()
    if system == "Linux":
        return _cpu_name_of_linux()
    return (brand_string() if system == "Darwin" else platform.processor()) or None


def _cpu_name_of_linux() -> str | None:
    """The first `model name` of /proc/cpuinfo; an ARM processor has none."""
    try:
        lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    fields = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in fields if key.strip() == "model name"), None)


def vector_features() -> tuple[str, ...]:
    """The vector instructions that the CPU has and the system allows, such as `avx2`."""
    return tuple(sorted(f for f in detected_info().features if f.startswith(VECTOR_PREFIXES)))


def gpus() -> tuple[str, ...]:
    """Names of the NVIDIA GPUs that the driver knows, by index; none without a working driver."""
    try:
        pynvml.nvmlInit()
        try:
            handles = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
            return tuple(pynvml.nvmlDeviceGetName(handle) for handle in handles)
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError:
        return ()


def distribution_version(names: Iterable[str]) -> str | None:
    """The version of the first distribution that is installed."""
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None


def capture(declarations: Mapping[str, Declaration]) -> Environment:
    """Read the machine, and the versions of the backends that are installed."""
    versions = {name: distribution_version(d.distributions) for name, d in declarations.items()}
    return Environment(
        system=platform.platform(),
        cpu=cpu_name(),
        cores=os.cpu_count() or 1,
        usable_cores=usable_cores(),
        memory_bytes=psutil.virtual_memory().total,
        gpus=gpus(),
        python=platform.python_version(),
        versions={name: found for name, found in versions.items() if found},
        variables=_variables(),
        microarchitecture=host().name,
        vector_features=vector_features(),
    )


def _variables() -> dict[str, str]:
    """What is set that changes how fast a framework computes."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(PREFIXES) and not name.startswith(NOT_OURS)
    }

"""The environment of a run: the machine and its software.

Read once per run, in the supervising process, from the system and from package metadata; no
framework is imported.
"""

import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from archspec.cpu import brand_string, host
from archspec.cpu.detect import detected_info

from dlbench.machine.gpu.devices import devices
from dlbench.machine.grants import available_memory as granted_memory
from dlbench.machine.grants import granted
from dlbench.records.case import Declaration
from dlbench.records.machine.device import Device
from dlbench.records.run import Environment
from dlbench.text import readable

# Prefixes of environment variables that change the speed of a framework.
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


# Terraform's variables start like TensorFlow's, do not change any speed, and may hold secrets:
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


# Prefixes of vector and matrix instructions. Not "sme": on x86 that is memory encryption.
VECTOR_PREFIXES = (
    "altivec",
    "amx",
    "asimd",
    "avx",
    "bf16",
    "f16c",
    "fma",
    "neon",
    "sse",
    "sve",
    "vsx",
)


CPU_INFO = Path("/proc/cpuinfo")


def usable_cores() -> int:
    """Return the number of cores that threads can use at a time."""
    return granted().cores


def available_memory() -> int:
    """Return the bytes available without swapping, within the limits of the control groups."""
    free = int(psutil.virtual_memory().available)
    allowed = granted_memory()
    return free if allowed is None else min(free, allowed)


def cpu_name() -> str | None:
    """Return the maker's name of the CPU; on Linux without starting a process."""
    system = platform.system()
    if system == "Linux":
        return _cpu_name_of_linux()
    return (brand_string() if system == "Darwin" else platform.processor()) or None


def _cpu_name_of_linux() -> str | None:
    """Return the first `model name` of /proc/cpuinfo; ARM processors have none."""
    try:
        lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    fields = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in fields if key.strip() == "model name"), None)


def vector_features() -> tuple[str, ...]:
    """Return the available vector instructions of the CPU, such as `avx2`."""
    return tuple(sorted(f for f in detected_info().features if f.startswith(VECTOR_PREFIXES)))


def gpus() -> tuple[str, ...]:
    """Return the names of the NVIDIA GPUs that programs see, by their number in dlbench."""
    return _names(devices())


def _names(cards: Iterable[Device]) -> tuple[str, ...]:
    return tuple(one.name for one in cards if one.device)


def distribution_version(names: Iterable[str]) -> str | None:
    """Return the version of the first installed distribution, or None."""
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None


def capture(declarations: Mapping[str, Declaration]) -> Environment:
    """Return the machine, and the versions of the installed backends."""
    grant, cards = granted(), devices()
    versions = {name: distribution_version(d.distributions) for name, d in declarations.items()}
    return Environment(
        system=platform.platform(),
        cpu=cpu_name(),
        cores=grant.machine,
        usable_cores=grant.cores,
        core_limit=grant.limit,
        quota_cores=grant.quota,
        memory_bytes=psutil.virtual_memory().total,
        gpus=_names(cards),
        python=platform.python_version(),
        versions={name: found for name, found in versions.items() if found},
        variables=_variables(),
        microarchitecture=host().name,
        vector_features=vector_features(),
        devices=cards,
    )


def _variables() -> dict[str, str]:
    """Return the environment variables that change the speed of a framework."""
    return {
        readable(name): readable(value)
        for name, value in sorted(os.environ.items())
        if name.startswith(PREFIXES) and not name.startswith(NOT_OURS)
    }

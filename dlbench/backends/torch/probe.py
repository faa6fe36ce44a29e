"""Ask PyTorch for its build, and for the GPUs that it sees."""

import re

import torch

from dlbench.backends.torch.device import WORDS, seen
from dlbench.errors import one_line
from dlbench.records.framework import FrameworkFacts

# In the text of its build: `BLAS_INFO=mkl`. Eigen's, and `generic`, are made for no CPU.
BLAS = re.compile(r"BLAS_INFO=(\w+)")
PLAIN = {"eigen", "generic"}


def facts() -> FrameworkFacts:
    """Return its build, its GPUs and its BLAS."""
    gpus, error = _gpus()
    found = BLAS.search(torch.__config__.show())
    blas = found[1].lower() if found else None
    return FrameworkFacts(
        version=str(torch.__version__),
        cuda=torch.version.cuda or "",
        rocm=torch.version.hip or "",
        gpus=gpus,
        gpu_error=error,
        architectures=tuple(torch.cuda.get_arch_list()) if torch.version.cuda else None,
        products=blas,
        is_optimised=blas not in PLAIN,
        devices={kind: count for kind in WORDS if (count := seen(kind))},
    )


def _gpus() -> tuple[tuple[str, ...], str]:
    """Return the names of the GPUs, and what went wrong if they cannot be used."""
    if not (torch.version.cuda or torch.version.hip):
        return (), ""
    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
        count = torch.cuda.device_count()
        return tuple(torch.cuda.get_device_name(index) for index in range(count)), ""
    except (RuntimeError, AssertionError) as error:
        return (), one_line(error)

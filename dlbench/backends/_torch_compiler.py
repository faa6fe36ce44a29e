"""What torch.compile needs before a run, and keeps or forgets between two cases."""

import os
import shutil
from pathlib import Path

import torch

from dlbench.errors import Unavailable

COMPILERS = ("g++", "clang++", "c++", "cl")

# Modes of dlbench to those of torch.compile.
MODES = {
    "compile": "default",
    "compile-max-autotune": "max-autotune",
    "cudagraph": "reduce-overhead",
}


def require_compiler() -> None:
    """Inductor writes C++ for the CPU (and a launcher for the GPU) and has it compiled."""
    names = (*filter(None, [os.environ.get("CXX")]), *COMPILERS)
    if not any(shutil.which(name) for name in names):
        raise Unavailable(
            "torch.compile needs a C++ compiler, and none was found",
            allowed=", ".join(names),
            hint="Install one, or leave the mode out with --mode eager",
        )


def run_smallest(device: torch.device) -> None:
    """Compile and run a value and its gradient."""
    x = torch.zeros(1, device=device, requires_grad=True)
    torch.compile(lambda x: (x * x).sum())(x).backward()


def keep_compiled(folder: Path) -> None:
    """Begin anew with the caches of this folder."""
    forget_compiled()
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder)
    os.environ["TRITON_CACHE_DIR"] = str(folder / "triton")


def forget_compiled() -> None:
    """Empty the caches of compiled graphs in memory, and their count."""
    from torch._dynamo.utils import counters  # a second that eager need not pay
    from torch._inductor.utils import clear_inductor_caches

    torch.compiler.reset()
    clear_inductor_caches()
    counters.clear()


def count_graphs() -> int:
    """How many graphs were captured since the last time that they were forgotten."""
    from torch._dynamo.utils import counters

    return int(counters["stats"]["unique_graphs"])

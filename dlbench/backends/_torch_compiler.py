"""What torch.compile needs before a run, and forgets between two cases."""

import os
import shutil
from pathlib import Path

import torch

from dlbench.errors import Unavailable

COMPILERS = ("g++", "clang++", "c++", "cl")


def require_compiler() -> None:
    """Inductor writes C++ for the CPU (and a launcher for the GPU) and has it compiled."""
    names = (*filter(None, [os.environ.get("CXX")]), *COMPILERS)
    if not any(shutil.which(name) for name in names):
        raise Unavailable(
            "torch.compile needs a C++ compiler, and none was found",
            allowed=", ".join(names),
            hint="Install one, or leave the mode out with --mode eager",
        )


def warm_compiler() -> None:
    """Compile a throw-away: importing the compiler and its headers is no case's cost."""
    torch.compile(lambda x: x + 1)(torch.zeros(1))
    forget_compiled()


# What Inductor keeps of its C++ headers, which is not of any graph.
HEADERS = "precompiled_headers"


def forget_compiled() -> None:
    """Empty the caches of compiled graphs, in memory and on disk, so that every case is cold."""
    from torch._inductor.utils import clear_inductor_caches  # a second that eager need not pay

    torch.compiler.reset()
    clear_inductor_caches()
    cache = Path(os.environ["TORCHINDUCTOR_CACHE_DIR"])
    for folder in cache.iterdir() if cache.is_dir() else ():
        if folder.name != HEADERS:
            shutil.rmtree(folder, ignore_errors=True)

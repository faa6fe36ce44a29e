"""torch.compile: its requirements, and its caches between two cases."""

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from dlbench.backends.torch.device import TorchDevice
from dlbench.backends.torch.kept import kept_for_the_machine
from dlbench.errors import DlbenchError, Unavailable

COMPILERS = ("g++", "clang++", "c++", "cl")

# Modes of dlbench to those of torch.compile.
MODES = {
    "compile": "default",
    "compile-max-autotune": "max-autotune",
    "cudagraph": "reduce-overhead",
}

# As long as PyTorch itself would wait for its helpers (AsyncCompile.wait_pool_ready).
HELPERS_TIMEOUT_S = 120.0

# Those that replay CUDA graphs on a GPU.
REPLAYING = ("compile-max-autotune", "cudagraph")


def require_compiler() -> None:
    """Raise Unavailable without a C++ compiler: Inductor writes C++, also for a GPU's launcher."""
    names = (*filter(None, [os.environ.get("CXX")]), *COMPILERS)
    if not any(shutil.which(name) for name in names):
        raise Unavailable(
            "torch.compile needs a C++ compiler; there is none",
            allowed=", ".join(names),
            hint="Install one, or leave the mode out with --mode eager",
        )


def as_iterations(graph: Callable[..., Any]) -> Callable[..., Any]:
    """The same, each call of which begins a new iteration.

    What a CUDA graph returns lies where its next run puts it. After a forward pass without its
    backward pass, PyTorch takes the next call for one more part of the same iteration, and records
    it apart. Seen on an H200, two hidden layers of 512 units: 9.7 ms a call so, 0.17 ms told.
    https://docs.pytorch.org/docs/stable/generated/torch.compiler.cudagraph_mark_step_begin.html
    """

    def call(*args: Any) -> Any:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        return graph(*args)

    return call


class TorchCompiler:
    """torch.compile on one device, in one of its MODES. scratch: the folder of the worker."""

    def __init__(self, device: TorchDevice, mode: str, scratch: str = "") -> None:
        self.device, self.mode, self.scratch = device, mode, Path(scratch)

    def compiled(
        self, function: Callable[..., Any], *, dynamic_shapes: bool | None = None
    ) -> Callable[..., Any]:
        """Return the function compiled as users compile it: with no option but the mode.

        `fullgraph` and `dynamic` cost time in every call. Seen with the prediction of 32 rows by a
        network of 147 weights: 133 µs without, 148 µs with the first, 156 µs with both. `graphs`
        finds graph breaks instead. dynamic_shapes: compile for each size or for all; None is
        PyTorch's default, which is for the first size and then for all.
        """
        # of no effect without a recurrent layer
        torch._dynamo.config.allow_rnn = True  # noqa: SLF001 - its documented place
        graph = torch.compile(function, dynamic=dynamic_shapes, mode=MODES[self.mode])
        replays = self.device.is_cuda and self.mode in REPLAYING
        return as_iterations(graph) if replays else graph

    def start(self) -> None:
        """Compile a value and its gradient: this imports the compiler and starts its helpers."""
        x = torch.zeros(1, device=self.device.native, requires_grad=True)
        kept = nullcontext() if self.device.is_cuda else kept_for_the_machine(self.scratch)
        with kept:
            torch.compile(lambda x: (x * x).sum())(x).backward()

    def wait_until_idle(self) -> None:
        """Wait until the helpers that compile Triton's kernels answer, where there are any.

        PyTorch starts them with its compiler and goes on without them, for seconds. Seen on an
        H200: they did so inside timed blocks, which lost a core to it and were flagged as busy.
        """
        from torch._inductor.async_compile import AsyncCompile

        if not AsyncCompile.process_pool.cache_info().currsize:
            return
        try:
            AsyncCompile.process_pool().submit(os.getpid).result(HELPERS_TIMEOUT_S)
        except TimeoutError as error:
            raise DlbenchError(
                f"the helpers of PyTorch's compiler did not answer within {HELPERS_TIMEOUT_S:g} s",
                hint="TORCHINDUCTOR_COMPILE_THREADS=1 compiles without them",
            ) from error

    def keep(self, folder: str) -> bool:
        """Forget all graphs, and use the folder for Inductor's and Triton's caches."""
        self.forget()
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder
        os.environ["TRITON_CACHE_DIR"] = str(Path(folder) / "triton")
        return True

    def forget(self) -> None:
        """Empty the caches of compiled graphs in memory, and their count."""
        from torch._dynamo.utils import counters  # a second that eager need not pay
        from torch._inductor.utils import clear_inductor_caches

        torch.compiler.reset()
        clear_inductor_caches()
        counters.clear()

    def graphs(self) -> int:
        """Return the number of graphs that Dynamo has captured since the last `forget`.

        Raises DlbenchError after a graph break: the rest of the function runs op by op.
        """
        from torch._dynamo.utils import counters

        if breaks := counters["graph_break"]:
            raise DlbenchError(f"graph break: {next(iter(breaks)).strip().splitlines()[0]}")
        return int(counters["stats"]["unique_graphs"])

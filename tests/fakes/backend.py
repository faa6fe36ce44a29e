"""A backend whose every answer is known: right unless told otherwise, and it says what it did."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from dlbench.backends.base import Queue, Setting, Step
from dlbench.harness.worker.worker import START_SIZE
from fakes.clock import ToldClock


def _next(values: list[Any]) -> Any:
    """The first, which is taken away unless it is the last."""
    return values.pop(0) if values[1:] else values[0]


@dataclass
class Tensor:
    """An array that claims to lie on a device."""

    array: np.ndarray
    device: str = "cpu"


class FakeBackend:
    """Multiplies matrices; what it is set to before the worker starts is what goes wrong.

    events: what was called, in order; costs_s: what the next steps take on the told clock, the
    last for ever, unless takes_s says otherwise; as are start_costs_s: of the product that starts
    the process, which is no event; compiler_costs_s: of starting the compiler, and compiles: how
    many graphs there are when asked; folder: where it keeps them, if it keeps any; spoil: what
    becomes of a product; fails: raised by every step.
    """

    def __init__(self, clock: ToldClock) -> None:
        self.clock = clock
        self.events: list[str] = []
        self.costs_s = [1.0]
        self.takes_s: Callable[[], float] = lambda: _next(self.costs_s)
        self.spoil: Callable[[Tensor], Tensor] = lambda product: product
        self.fails: Exception | None = None
        self.fails_to_start: Exception | None = None
        self.more_inputs: dict[str, Tensor] = {}
        self.uses_threads: int | None = None
        self.queue: Queue | None = None
        self.reset: Callable[[], None] = lambda: self.events.append("reset")
        self.device = FakeDevice(self)
        self.has_compiler = True
        self.start_costs_s = [0.0]
        self.compiler_costs_s = [0.0]
        self.compiles = [0]
        self.folder: str | None = None
        self.keeps = True
        self.setting: Setting

    @property
    def module(self) -> SimpleNamespace:
        """In place of the backend's file."""
        return SimpleNamespace(start=self.start)

    def start(self, setting: Setting) -> "FakeBackend":
        if self.fails_to_start:
            raise self.fails_to_start
        self.setting = setting
        return self

    def matmul(self, a: np.ndarray, b: np.ndarray) -> Step:
        def start() -> Tensor:
            self.clock.advance(_next(self.start_costs_s))
            return Tensor(a @ b)

        def run() -> Tensor:
            self.events.append("run")
            self.clock.advance(self.takes_s())
            if self.fails:
                raise self.fails
            return self.spoil(Tensor(a @ b))

        return Step(
            start if len(a) == START_SIZE else run,
            tensors=lambda product: {"product": product},
            inputs={"a": Tensor(a), "b": Tensor(b), **self.more_inputs},
            reset=self.reset,
        )

    @property
    def compiler(self) -> "FakeCompiler | None":
        return FakeCompiler(self) if self.has_compiler else None

    def release(self) -> None:
        self.events.append("release")


class FakeDevice:
    """Where the backend says that it computes."""

    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend

    def wait(self) -> None:
        self.backend.events.append("wait")

    def queue(self) -> Queue | None:
        return self.backend.queue

    def place(self, tensor: Tensor) -> tuple[str, str]:
        return tensor.device, str(tensor.array.dtype)

    def array(self, tensor: Tensor) -> np.ndarray:
        self.backend.events.append("array")
        return tensor.array

    def threads(self) -> int | None:
        return self.backend.uses_threads

    def facts(self) -> dict[str, str | int | None]:
        return {"fake": "1.0"}

    def is_out_of_memory(self, error: BaseException) -> bool:
        return "no room on the card" in str(error)


class FakeCompiler:
    """What the backend says that it compiles with."""

    def __init__(self, backend: FakeBackend) -> None:
        self.backend = backend

    def start(self) -> None:
        self.backend.clock.advance(_next(self.backend.compiler_costs_s))

    def wait_until_idle(self) -> None:
        self.backend.events.append("wait_until_idle")

    def keep(self, folder: str) -> bool:
        self.backend.folder = folder
        return self.backend.keeps

    def graphs(self) -> int:
        return _next(self.backend.compiles)

"""A user's own network as a backend gets it: its function, its data, and their mistakes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dlbench.errors import DlbenchError
from dlbench.own import chance, data, file
from dlbench.own.data import Array
from dlbench.records.own import OwnNetwork


@dataclass(frozen=True)
class Source:
    """One function of the contract, with a batch. name: of the function; rows: of the batch."""

    network: OwnNetwork
    name: str
    rows: int
    seed: int

    def make(
        self,
        kind: type | None = None,
        what: str = "",
        framework: Callable[[int], Any] = chance.nothing,
    ) -> Any:
        """Call the function, with the same draws every time; DlbenchError unless it returns `kind`.

        what: the kind in words; framework: seeds the framework.
        """
        made = self.network.functions[self.name]
        function = file.function(self.network, made)
        chance.seed_all(self.seed, framework)
        result = function()
        if kind is not None and not isinstance(result, kind):
            found = type(result).__name__
            raise DlbenchError(
                f"{self.place}: {made.name}() returns no {what}",
                value=found,
                hint=f"It must end with: return {what}",
            )
        return result

    @property
    def place(self) -> str:
        """Return the file and the line of the function."""
        return file.line(self.network, self.network.functions[self.name].line)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn what the network raises into an error with file and line."""
        with file.told(self.network, self.network.functions[self.name]):
            yield

    @cached_property
    def _given(self) -> tuple[Array, Array] | None:
        return data.given(self.network, self.rows, self.seed)

    def x(self, shape: tuple[int, ...] | None = None) -> Array:
        """Return the inputs. shape: of one sample, by the model, if the file does not say."""
        if self._given is not None:
            return self._given[0]
        return data.inputs(self.network, self.rows, self.seed, shape)

    def y(self, outputs: tuple[int, ...]) -> Array:
        """Return the labels; DlbenchError if they do not fit outputs of this shape and the loss."""
        if self._given is None:
            return data.labels(self.network, outputs, self.seed)
        return data.fitting(self.network, self._given[1], outputs)

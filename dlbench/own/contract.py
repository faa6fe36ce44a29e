"""Read which networks a user's own file has, without running it.

The file has functions such as `torch_model`, and settings as plain values. A prefix names a
network: `small_torch_model` belongs to the network `small`, and `small_loss` stands before `loss`.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from dlbench import files
from dlbench.errors import UsageError
from dlbench.records.base import Size
from dlbench.records.layers import Adam, Optimizer
from dlbench.records.own import Made, OwnLoss, OwnNetwork
from dlbench.text import readable

# A file of Python that a person writes; parsing takes a multiple of its size.
MOST_BYTES = 2**20

# The function that returns data for so many rows.
BATCH: Final = "batch"

# What is allowed for each setting, in words.
ALLOWED: Final = {
    "loss": f"one of {', '.join(get_args(OwnLoss))}, in quotes",
    "optimizer": 'sgd, adagrad, rmsprop, adam or adamw in quotes, or {"type": "adam", "lr": 0.001}',
    "inputs": "the shape of one sample, such as (28, 28)",
    "batch_size": "a whole number from 1 to 1000000",
}


def read(path: Path, makers: Iterable[str]) -> tuple[OwnNetwork, ...]:
    """Return the networks of a file. makers: the functions that a backend can run.

    Raises UsageError if the file cannot be read or parsed, has no such function, or has a setting
    that is no plain value.
    """
    try:
        content = files.read(path, MOST_BYTES)
        module = ast.parse(content, filename=str(path))
    except OSError as error:
        raise UsageError(f"cannot read the file ({error.strerror})", value=str(path)) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        place = f"{path.name}, line {line}" if line else path.name
        what = getattr(error, "msg", None) or str(error)
        raise UsageError(f"{place}: this is no Python: {what}", hint="Mend the line") from error
    if readable(str(path.resolve())) != str(path.resolve()):
        raise UsageError("the path of the file is no text", value=readable(str(path)))
    file = _File(path, hashlib.sha256(content).hexdigest(), module)
    found = file.makers(list(makers))
    if not found:
        raise UsageError(
            f"{path.name} has no network",
            allowed=f"a function named {', '.join(makers)}, or so with a prefix",
            hint="The contract: docs/own-networks.md",
        )
    return tuple(file.network(prefix, functions) for prefix, functions in found.items())


@dataclass(frozen=True)
class _File:
    """A parsed file."""

    path: Path
    sha256: str
    module: ast.Module

    @property
    def functions(self) -> dict[str, Made]:
        """Return the functions of the file by name."""
        nodes = (node for node in self.module.body if isinstance(node, ast.FunctionDef))
        return {node.name: Made(node.name, node.lineno) for node in nodes}

    @property
    def values(self) -> dict[str, tuple[int, ast.expr]]:
        """Return what is assigned to each name, with its line; the last one counts."""
        found: dict[str, tuple[int, ast.expr]] = {}
        for node in self.module.body:
            if isinstance(node, ast.Assign):
                names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                found |= dict.fromkeys(names, (node.lineno, node.value))
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                found[ast.unparse(node.target)] = (node.lineno, node.value)
        return found

    def makers(self, names: Sequence[str]) -> dict[str, dict[str, Made]]:
        """Return the functions that make a network, by prefix and by the contract's name."""
        found: dict[str, dict[str, Made]] = {}
        for written, made in self.functions.items():
            for name in names:
                if written == name or written.endswith(f"_{name}"):
                    prefix = written.removesuffix(name).removesuffix("_")
                    found.setdefault(prefix, {})[name] = made
        return found

    def network(self, prefix: str, functions: Mapping[str, Made]) -> OwnNetwork:
        """Return the network of a prefix."""
        makes_batch = self.functions.get(f"{prefix}_{BATCH}") or self.functions.get(BATCH)
        loss = self._setting(prefix, "loss", OwnLoss, None)
        if loss is None:
            line = next(iter(functions.values())).line
            raise UsageError(
                f"{self.path.name}, line {line}: the network has no loss",
                allowed=ALLOWED["loss"],
                hint='Add a line such as: loss = "mse"',
            )
        return OwnNetwork(
            name=prefix or re.sub(r"[^\w.-]", "-", readable(self.path.stem)),
            path=str(self.path.resolve()),
            sha256=self.sha256,
            functions=dict(functions),
            loss=loss,
            optimizer=self._setting(prefix, "optimizer", Optimizer, Adam()),
            inputs=self._setting(prefix, "inputs", tuple[Size, ...], None),
            batch=self._setting(prefix, "batch_size", Size, 32),
            makes_batch=makes_batch,
        )

    def _setting(self, prefix: str, name: str, kind: Any, default: Any) -> Any:
        """Return a setting as its type; UsageError if it is no plain value of that type."""
        values = self.values
        line, node = values.get(f"{prefix}_{name}") or values.get(name) or (0, None)
        if node is None:
            return default
        try:
            value = ast.literal_eval(node)
            if name == "optimizer" and isinstance(value, str):
                value = {"type": value}
            return msgspec.convert(value, kind)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
            raise UsageError(
                f"{self.path.name}, line {line}: {name} is {ast.unparse(node)[:60]}",
                allowed=ALLOWED[name],
            ) from error

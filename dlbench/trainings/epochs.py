"""Flatten the epochs of trainings to one value per column, for CSV and data frames."""

from collections.abc import Iterable, Iterator
from typing import Any

from dlbench.records.training import EpochResult, TrainingResult

# The columns and their types. Names and order are an interface: new ones go to the end.
EPOCH_COLUMNS: dict[str, Any] = {
    "target": str,
    "seed": int,
    "epoch": int,
    "loss": float,
    "seconds": float,
    "test_loss": float | None,
    "accuracy": float | None,
    "disturbed": bool | None,
    "flags": str | None,
    "foreign_s": float | None,
    "waited_s": float | None,
    "steal_s": float | None,
    "throttled_s": float | None,
    "cpu_s": float | None,
    "backend": str,
    "device": str,
    "mode": str,
    "dtype": str,
    "threads": int,
    "loop": str,
}
OF_RESULT = ("epoch", "loss", "seconds", "test_loss", "accuracy")
OF_BLOCK = ("foreign_s", "waited_s", "steal_s", "throttled_s", "cpu_s")
OF_TARGET = ("backend", "device", "mode", "dtype", "threads", "loop")


def flat_epochs(results: Iterable[TrainingResult]) -> Iterator[dict[str, Any]]:
    """Yield the value of every column for every epoch; None for what is not known."""
    for result in results:
        named = {name: getattr(result.target, name) for name in OF_TARGET}
        for epoch in result.epochs:
            yield {"target": result.target.id, "seed": result.seed, **_flat(epoch), **named}


def _flat(epoch: EpochResult) -> dict[str, Any]:
    block = epoch.block
    return {
        **{name: getattr(epoch, name) for name in OF_RESULT},
        "disturbed": None if block is None else block.is_disturbed,
        "flags": None if block is None else " ".join(block.flags),
        **{name: getattr(block, name, None) for name in OF_BLOCK},
    }

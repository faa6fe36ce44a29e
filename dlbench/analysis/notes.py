"""Add to each row in what its checked quantity differs by definition, as its run has recorded."""

from collections.abc import Sequence

from msgspec.structs import replace

from dlbench.analysis.rows import Row
from dlbench.records.run import Run


def with_notes(rows: Sequence[Row], run: Run) -> list[Row]:
    """Return the rows with a note beside the parity error, where there is one to make."""
    return [replace(row, parity=replace(row.parity, note=_note(row, run))) for row in rows]


def _note(row: Row, run: Run) -> str | None:
    network = run.plan.networks.get(str(row.workload.params.get("network")))
    quantity = row.parity.quantity
    if network is None or quantity is None:
        return None
    optimizer = str(type(network.optimizer).__struct_config__.tag)
    return next(
        (
            one.note
            for one in run.differences.get(row.target.backend, ())
            if quantity.startswith(one.quantity) and optimizer in one.optimizers
        ),
        None,
    )

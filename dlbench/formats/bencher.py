"""Bencher Metric Format: the time of every case in nanoseconds, for `bencher run --adapter json`.

The format: https://bencher.dev/docs/reference/bencher-metric-format
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from dlbench.analysis.rows import Row, is_timed
from dlbench.formats.base import Document

DECLARATION = {"export": "bencher"}

# Bencher's measure `latency` has this unit.
NS: Final = 1e9


def export(documents: Sequence[Document], /) -> bytes:
    """Return an object with an entry for every case that was measured."""
    rows = [row for document in documents for row in document.reading.rows if is_timed(row)]
    content = msgspec.json.encode({row.case: _measures(row) for row in rows})
    return msgspec.json.format(content) + b"\n"


def _measures(row: Row) -> dict[str, dict[str, float]]:
    """Return the latency with its 95 % interval; of a batch, the samples a second too."""
    time = row.time
    ends = {"value": time.seconds, "lower_value": time.low_s, "upper_value": time.high_s}
    found = {"latency": {name: NS * end for name, end in ends.items() if end is not None}}
    if time.samples_per_s:
        found["throughput"] = {"value": time.samples_per_s}
    return found

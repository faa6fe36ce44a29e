"""CSV for Apache Otava: a line for every run, a column for every case, in seconds."""

import csv
import io
from collections.abc import Sequence

from dlbench.analysis.rows import is_timed
from dlbench.formats.base import Document

DECLARATION = {"export": "otava", "takes_several": True}

# Otava's `time_column`, and its `attributes`.
TIME, ATTRIBUTES = "time", ("run", "dlbench", "python")


def export(documents: Sequence[Document], /) -> bytes:
    """Return the runs in the order of their start; a case that a run lacks is empty."""
    ordered = sorted(documents, key=lambda document: document.run.started)
    times = [
        {row.case: row.time.seconds for row in document.reading.rows if is_timed(row)}
        for document in ordered
    ]
    cases = list(dict.fromkeys(case for those in times for case in those))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([TIME, *ATTRIBUTES, *cases])
    for document, those in zip(ordered, times, strict=True):
        run = document.run
        about = (run.started, run.id, run.dlbench, run.environment.python)
        writer.writerow([*about, *(those.get(case, "") for case in cases)])
    return stream.getvalue().encode()

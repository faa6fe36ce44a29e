"""The report of a run: one self-contained page, and the same as Markdown with pictures and CSV.

Whatever comes from results is text that nobody vouches for: it is escaped where it is written
down, by the engine and not by each template. It must not know how anything is measured or drawn.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dlbench import catalog, model, tables, units
from dlbench.charts import _pictures, _targets
from dlbench.errors import UsageError
from dlbench.rows import Row, rows_of
from dlbench.store import Results

# The field of a row that makes a table worth having.
FIELDS: dict[tables.Metric, str] = {
    "gflops": "gflops",
    "time": "time_s",
    "samples": "samples_per_s",
}
# So many cases are named where many share a fate; the CSV table has all.
MOST_NAMED = 3
ERROR_DIGITS = 2


def write(results: Results, folder: Path) -> list[Path]:
    """Write the report into the folder; the files written, the page first."""
    rows = rows_of(results)
    pictures = _pictures.pictures(rows)
    content = {
        "run": results.run,
        "warnings": results.warnings,
        "counts": Counter(map(_word, rows)),
        "total": len(rows),
        "headlines": _headlines(results, rows),
        "synthetic": sorted({str(row.params.get("network")) for row in rows if row.synthetic}),
        "pictures": pictures,
        "grids": _grids(rows),
        "fates": _fates(rows),
        "early": Counter(row.stop_reason for row in rows if _stopped_early(row)),
        "parity": _parity(results.measurements),
        "facts": _facts(results.run),
    }
    files: dict[str, str | bytes] = {
        "index.html": _page("index.html.j2", content),
        "report.md": _markdown("report.md.j2", content),
        "table.csv": tables.to_csv(rows),
    }
    files |= {f"charts/{picture.name}.png": picture.png for picture in pictures}
    return [_save(folder, name, data) for name, data in files.items()]

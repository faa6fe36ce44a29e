"""Parquet for data frames: a line for every case, with typed columns. Needs pyarrow."""

import io
from collections.abc import Sequence

from dlbench.analysis import frames
from dlbench.errors import UsageError
from dlbench.formats.base import Document

DECLARATION = {"export": "parquet", "is_text": False, "takes_several": True}

INSTALL = "Install it with: pip install -e '.[parquet]'"


def export(documents: Sequence[Document], /) -> bytes:
    """Return the cases of all runs; UsageError if no library writes the format."""
    from pandas import concat

    tables = [frames.of_rows(one.reading.rows, one.run.id) for one in documents]
    stream = io.BytesIO()
    try:
        concat(tables, ignore_index=True).to_parquet(stream, index=False)
    except ImportError as error:
        raise UsageError("parquet needs pyarrow, which is not installed", hint=INSTALL) from error
    return stream.getvalue()

"""Results as HTML for a notebook: one element, with its own style and no script."""

from rich.console import Console

from dlbench.formats import html
from dlbench.report.document import document_of
from dlbench.report.trainings import tables as training
from dlbench.results.folder import Results, Trained


def run_as_html(results: Results) -> str:
    """Return where a run comes from, its warnings, its tables, and the notes below them."""
    return html.write(document_of(results), Console())


def trainings_as_html(trained: Trained) -> str:
    """Return where trainings come from, their warnings, their table, and the notes below it."""
    return html.write_trainings(training.document_of(trained), Console())

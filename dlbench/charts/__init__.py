"""One file per chart, found by its name without being imported.

A chart has a docstring whose first line describes it, and `draw(rows) -> Figure | None`: it draws a
matplotlib figure of the rows of a report, or returns None if they hold nothing for it. To add a
chart, add a file. `base` holds what charts share: looks of targets, figures, axes, files.
"""

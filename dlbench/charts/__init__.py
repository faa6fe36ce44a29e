"""One file per chart; the folder is the registry, read without importing it.

A chart has a docstring whose first line describes it, and `draw(rows) -> Figure | None`: a
matplotlib figure of all rows of a report, or None where they hold nothing for it. To add a chart,
add a file. What charts share has a name with a leading underscore: `_targets` names and colours
the targets, `_axes` makes figures and axes, `_pictures` turns figures into files.
"""

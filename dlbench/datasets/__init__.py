"""One module per data set; the folder is the registry, read without importing it.

A module has a docstring whose first line describes the data set, a literal `DECLARATION`
(features, classes, train_rows, test_rows, licence, source), `prepare() -> str | None` and
`load(seed) -> Split`, which raises UsageError if a file is missing or damaged. To add a data set,
add a file.
"""

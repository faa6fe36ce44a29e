"""One module per data set, found by its name and described without an import; see base.py."""

"""How a table or rows are written, one file per format; the folder is the registry."""

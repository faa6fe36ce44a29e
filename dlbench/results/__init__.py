"""The folders that hold what was measured: how they are written, read, found and summed up."""

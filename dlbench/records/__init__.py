"""Frozen records: the data on the wire and on disk."""

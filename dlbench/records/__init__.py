"""Frozen records: what goes over the wire and onto the disk."""

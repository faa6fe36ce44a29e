"""Frozen records of a machine, of its devices, and of what was measured of them."""

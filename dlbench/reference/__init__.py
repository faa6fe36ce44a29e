"""The lecture's networks written by hand in NumPy: the baseline, and in float64 the oracle."""

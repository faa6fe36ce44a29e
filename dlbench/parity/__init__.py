"""Whether a backend computes what the reference computes."""

"""Parity: compares the results of a backend with the reference."""

"""Runs the steps of a plan in worker processes, of which one computes at a time."""

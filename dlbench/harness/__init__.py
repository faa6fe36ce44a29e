"""The harness: runs the steps of a plan in worker processes, one of them at a time."""

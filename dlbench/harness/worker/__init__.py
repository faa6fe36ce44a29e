"""The worker: runs one framework in its own process."""

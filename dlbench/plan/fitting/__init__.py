"""What of a plan this machine can hold and compute: memory, and number types."""

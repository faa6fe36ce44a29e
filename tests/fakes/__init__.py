"""Stand-ins with known behaviour, so that a test knows what the answer must be."""

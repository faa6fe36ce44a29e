"""The side that computes: one framework in a process of its own."""

"""The supervisor: decides the order of turns, their processes and their end."""

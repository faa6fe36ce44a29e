"""The machine: its properties and its counters, without any framework."""

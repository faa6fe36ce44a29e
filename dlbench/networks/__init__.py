"""Networks as data, one module for each source; to add networks, add a module."""

"""Networks as data, one module for each source; for your own network, add a file."""

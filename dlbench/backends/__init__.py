"""One file per framework; see dlbench/contract.py."""

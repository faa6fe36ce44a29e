"""One file per kind of workload; see dlbench/kinds.py."""

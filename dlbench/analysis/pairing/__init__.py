"""Pairs of cases: their rounds, the location of their ratio, the luck of processes, contests."""

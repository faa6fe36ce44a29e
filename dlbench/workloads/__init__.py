"""Kinds of workload, one file for each; base.py is their contract."""

"""Backends, one folder per framework; base.py is their contract."""

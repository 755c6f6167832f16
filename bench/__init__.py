"""Measurements: what a lookup costs, and against what. `make bench`."""

"""Measures the service: what requests cost, and how that compares with a bare floor. `make bench`."""

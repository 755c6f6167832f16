"""The command line `known-to`."""

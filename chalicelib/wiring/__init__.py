"""The composition root. `parts.py` makes what all entry points share. The other modules build the use cases of one
kind of entry point each."""

"""The composition root: `parts.py` makes what all entry points share, the others what one kind of them needs."""

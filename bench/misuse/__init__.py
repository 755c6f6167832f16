"""A synthetic month with seeded misuse, and a score of the misuse rules on it. Run `python -m bench.misuse`.

The generator knows nothing of the rules: neither their signs nor their thresholds. It makes access records only, in
order of time, as they would be opened from the access table. `docs/measured.md` says which shape it has, and why.
"""

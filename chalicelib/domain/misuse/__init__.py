"""Misuse is found from the access records alone. Nothing else about a child or a practitioner is read.

The walk: `seen` takes from an access record what the rules may know, `summarise` makes the summary of one authority's
day, and `find` looks at the summaries of a window of days. All three are pure: the same access records always give the
same findings, whenever and however often they are asked. `findings_of` does the whole walk over the access records of
one authority, for tests and for measuring.

A finding says that something is unusual, and a person decides what it means. It names practitioners and never a child.
"""

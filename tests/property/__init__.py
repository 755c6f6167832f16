"""Rules that hold for every input. Every run uses the same examples, so a new failure is caused by the change."""

from hypothesis import settings

settings.register_profile("fixed", max_examples=60, derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

"""Rules that hold for every input. The same examples in every run, so that a failure is a failure of the change."""

from hypothesis import settings

settings.register_profile("fixed", max_examples=60, derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

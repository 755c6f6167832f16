"""How many examples each property tries. Every run tries the same ones, so a new failure comes from the change."""

import os

from hypothesis import settings

settings.register_profile("here", max_examples=25, derandomize=True, deadline=None, database=None)
settings.register_profile("ci", settings.get_profile("here"), max_examples=60)
settings.load_profile("ci" if os.environ.get("CI") else "here")

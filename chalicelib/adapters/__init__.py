"""Adapters: everything that talks to AWS, HTTP or JSON. Each side has a package; shared modules are at this level."""

"""Adapters: everything that talks to AWS, HTTP or JSON. One package per side; what several of them use is here."""

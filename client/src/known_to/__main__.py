"""python -m known_to"""

from .cli.main import run

run()

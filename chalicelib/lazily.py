"""Lazy import: a module is loaded when an attribute of it is first used.

The recipe is from the documentation of `importlib`.
"""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec


def load(name: str) -> None:
    """Makes every later import of `name` lazy. Does nothing if the module is loaded already."""
    if name in sys.modules:
        return
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = LazyLoader(spec.loader)
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    # The package must have the module as an attribute. Otherwise `from package import module` would load it.
    package, _, own_name = name.rpartition(".")
    setattr(sys.modules[package], own_name, module)

"""Loads a module when something of it is first used. The recipe is from the documentation of `importlib`."""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec


def load(name: str) -> None:
    if name in sys.modules:
        return
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = LazyLoader(spec.loader)
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    # `from package import name` would load the module if its package did not have it.
    package, _, own_name = name.rpartition(".")
    setattr(sys.modules[package], own_name, module)

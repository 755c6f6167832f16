"""Modules that a lookup's cold start does without: each is loaded when something of it is first used."""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec
from types import ModuleType


def module(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = find_spec(name)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = LazyLoader(spec.loader)
    made = module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    # Bound as an import would: `from package import name` finds it there, and looks no further.
    package, _, own_name = name.rpartition(".")
    setattr(sys.modules[package], own_name, made)
    return made

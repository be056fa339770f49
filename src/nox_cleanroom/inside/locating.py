"""Finds modules without running them."""

import importlib.util
import os
import sys
from importlib.machinery import PathFinder

#: The first parts of the names of the wheel's own modules.
OWN = set()


def top_of(name):
    return name.partition(".")[0]


def dotted_name(path):
    """A file's dotted name, relative to the import path, and whether it is a package."""
    for place in sorted(sys.path, key=len, reverse=True):
        if place and path.startswith(os.path.join(place, "")):
            parts = os.path.relpath(path, place)[: -len(".py")].split(os.sep)
            if parts[-1] == "__init__":
                return ".".join(parts[:-1]), True
            return ".".join(parts), False
    return "", False


_FOUND = {}


def find(name):
    """The spec of a module, found without running it; None when there is none."""
    if name not in _FOUND:
        _FOUND[name] = _find(name)
    return _FOUND[name]


def _find(name):
    parent, _, _ = name.rpartition(".")
    if not parent:
        try:
            return importlib.util.find_spec(name)
        except (ImportError, ValueError, AttributeError):
            return importlib.util.spec_from_loader(name, None)
    above = find(parent)
    if above is None or above.submodule_search_locations is None:
        return None
    places = list(above.submodule_search_locations)
    try:
        return PathFinder.find_spec(name, places)
    except KeyError:
        # A nested namespace looks up its parent, which is not imported here.
        spec = importlib.util.spec_from_loader(name, None, is_package=True)
        inner = (os.path.join(place, name.rpartition(".")[2]) for place in places)
        spec.submodule_search_locations += filter(os.path.isdir, inner)
        return spec


def is_namespace(spec):
    return spec.submodule_search_locations is not None and spec.origin is None

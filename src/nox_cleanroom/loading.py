"""Loading modules when they are first needed."""

from __future__ import annotations

import gc
from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """A module of this package, loaded without garbage collection.

    Loaded code lives until the process ends. The garbage collector would examine it many times, and
    once more at the end, which takes a tenth of a short run.
    (https://docs.python.org/3/library/gc.html#gc.freeze)

    Args:
        name: its name below the package, such as ``config.pythons``.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return import_module(f"nox_cleanroom.{name}")
    finally:
        if hasattr(gc, "freeze"):  # PyPy does not have it
            gc.freeze()
        if was_enabled:
            gc.enable()

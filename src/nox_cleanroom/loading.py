"""Modules that are loaded when they are first needed."""

from __future__ import annotations

import gc
from importlib import import_module
from types import ModuleType


def load(name: str) -> ModuleType:
    """A module of this package, loaded without looking for garbage.

    What is loaded lives until the process ends, and for the garbage collector to look at all of it
    over and over, and once more at the very end, takes a tenth of a short run.
    (https://docs.python.org/3/library/gc.html#gc.freeze)

    Args:
        name: its name below the package, such as ``config.pythons``.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return import_module(f"nox_cleanroom.{name}")
    finally:
        if hasattr(gc, "freeze"):  # PyPy has no use for it
            gc.freeze()
        if was_enabled:
            gc.enable()

"""Loading modules when they are first needed."""

from __future__ import annotations

import gc
import threading
from importlib import import_module
from types import ModuleType

#: After this time, in seconds, a module is loaded even if no process has begun.
_PATIENCE_SECONDS = 1.0


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


def load_aside(name: str, begun: threading.Event) -> threading.Thread:
    """Load a module of this package while a process works, which needs no processor of ours.

    Who imports the module meanwhile waits until it is loaded.

    Args:
        name: its name below the package.
        begun: is set when the process has begun.

    Returns:
        The thread that loads it.
    """
    begun.clear()

    def wait_and_load() -> None:
        begun.wait(_PATIENCE_SECONDS)
        load(name)

    thread = threading.Thread(target=wait_and_load, daemon=True)
    thread.start()
    return thread

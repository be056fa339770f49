"""As-installed testing for Python packages, straight from git, without touching the checkout.

>>> import nox_cleanroom
>>> nox_cleanroom.define_sessions()  # doctest: +SKIP
"""

from __future__ import annotations

import gc
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nox_cleanroom._version import __version__
    from nox_cleanroom.backend import BACKEND
    from nox_cleanroom.definitions import define_sessions
    from nox_cleanroom.errors import CleanroomError, Code
    from nox_cleanroom.interpreters import supported_pythons
    from nox_cleanroom.sessions import clean_check, matrix, smoke

__all__ = [
    "BACKEND",
    "CleanroomError",
    "Code",
    "__version__",
    "clean_check",
    "define_sessions",
    "matrix",
    "smoke",
    "supported_pythons",
]

_HOMES = {
    "BACKEND": "backend",
    "__version__": "_version",
    "CleanroomError": "errors",
    "Code": "errors",
    "supported_pythons": "interpreters",
    "clean_check": "sessions",
    "define_sessions": "definitions",
    "matrix": "sessions",
    "smoke": "sessions",
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for (PEP 562).

    ``python -m nox_cleanroom`` imports this module while the checkout under test is still the
    first place to import from; nothing else may be imported by then.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_load(_HOMES[name]), name)
    globals()[name] = value
    return value


def _load(home: str) -> ModuleType:
    """A module, loaded without looking for garbage.

    What is loaded lives until the process ends, and for the garbage collector to look at all of it
    over and over, and once more at the very end, takes a tenth of a short run.
    (https://docs.python.org/3/library/gc.html#gc.freeze)
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return import_module(f"{__name__}.{home}")
    finally:
        if hasattr(gc, "freeze"):  # PyPy has no use for it
            gc.freeze()
        if was_enabled:
            gc.enable()

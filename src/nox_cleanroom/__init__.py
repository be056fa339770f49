"""As-installed testing for Python packages, straight from git, without touching the checkout.

>>> import nox_cleanroom
>>> nox_cleanroom.define_sessions()  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
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
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value

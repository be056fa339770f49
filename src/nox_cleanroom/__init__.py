"""As-installed testing for Python packages, directly from git, without touching the checkout.

>>> import nox_cleanroom
>>> nox_cleanroom.define_sessions()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nox_cleanroom.loading import load

if TYPE_CHECKING:
    from nox_cleanroom._version import __version__
    from nox_cleanroom.config.options import STAGED, WORKING_TREE
    from nox_cleanroom.config.pythons import supported_pythons
    from nox_cleanroom.errors import CleanroomError, Code
    from nox_cleanroom.sessions.backend import BACKEND
    from nox_cleanroom.sessions.definitions import define_sessions
    from nox_cleanroom.sessions.own_sessions import install, run, sdist, wheel
    from nox_cleanroom.sessions.sessions import clean_check, matrix, smoke

__all__ = [
    "BACKEND",
    "STAGED",
    "WORKING_TREE",
    "CleanroomError",
    "Code",
    "__version__",
    "clean_check",
    "define_sessions",
    "install",
    "matrix",
    "run",
    "sdist",
    "smoke",
    "supported_pythons",
    "wheel",
]

_HOMES = {
    "BACKEND": "sessions.backend",
    "STAGED": "config.options",
    "WORKING_TREE": "config.options",
    "__version__": "_version",
    "CleanroomError": "errors",
    "Code": "errors",
    "supported_pythons": "config.pythons",
    "clean_check": "sessions.sessions",
    "define_sessions": "sessions.definitions",
    "install": "sessions.own_sessions",
    "matrix": "sessions.sessions",
    "run": "sessions.own_sessions",
    "sdist": "sessions.own_sessions",
    "smoke": "sessions.sessions",
    "wheel": "sessions.own_sessions",
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for (PEP 562).

    ``python -m nox_cleanroom`` imports this module while the checkout under test is still the first
    entry of the path. Nothing else may be imported at that time.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(load(_HOMES[name]), name)
    globals()[name] = value
    return value

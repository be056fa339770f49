"""The backend of smoke sessions: nox looks for the interpreter, and makes nothing."""

from __future__ import annotations

import nox.virtualenv
from nox.virtualenv import VirtualEnv

#: Its name, for ``nox.session(venv_backend=...)``.
BACKEND = "cleanroom"


class Placeholder(VirtualEnv):
    """Stands where nox makes a session's environment, and only looks for the interpreter.

    Nox would make the environment before the session starts: in a directory that every run on
    the checkout shares, and, without uv, by a ``python -m virtualenv`` in the checkout, whose
    modules it may import. A missing interpreter still skips or fails the session as ever.
    """

    def create(self) -> bool:
        """Look for the interpreter.

        Raises:
            InterpreterNotFound: it is not here; nox knows what to do.
        """
        return bool(self._resolved_interpreter)


nox.virtualenv.ALL_VENVS.setdefault(BACKEND, Placeholder)

"""The backend of smoke sessions: nox looks for the interpreter, and makes nothing."""

from __future__ import annotations

import threading
from functools import cache

import nox.virtualenv
from nox.virtualenv import VirtualEnv, find_uv

from nox_cleanroom.sessions.selection import hand_over_arguments

#: Its name, for ``nox.session(venv_backend=...)``.
BACKEND = "cleanroom"


class Placeholder(VirtualEnv):
    """Takes the place of a session's environment in nox, and only looks for the interpreter.

    nox would make the environment before the session starts, in a directory that all runs on the
    checkout share. Without uv, it would run ``python -m virtualenv`` in the checkout, which may
    import modules from there.
    """

    def create(self) -> bool:
        """Make nothing.

        A missing interpreter is no error here, because nox would skip the session, and a run that
        tests nothing would pass. The session decides.
        """
        return True


@cache
def ask_ahead() -> threading.Thread:
    """Begin, once, to ask uv for its version, which nox asks for before a session, and remembers.

    Returns:
        The thread that asks; before it ends, nox would ask once more.
    """
    thread = threading.Thread(target=find_uv, daemon=True)
    thread.start()
    return thread


nox.virtualenv.ALL_VENVS.setdefault(BACKEND, Placeholder)
hand_over_arguments()

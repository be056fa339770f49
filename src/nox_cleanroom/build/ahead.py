"""What is asked of git while modules are loaded: loading needs one processor, git another."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

from nox_cleanroom.build.project import PROJECT_FILES
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import CleanroomError


def ask_ahead(start: Path) -> threading.Thread:
    """Begin to ask what a run on HEAD will want to know; its own questions find the answers.

    Only what nothing can change meanwhile: where the checkout is, and what is in the commit. HEAD
    stays what it is now, so that all sessions of a command test the same commit.

    Args:
        start: the directory in which the run starts.

    Returns:
        The thread that asks.
    """
    thread = threading.Thread(target=_ask, args=(start,), daemon=True)
    thread.start()
    return thread


def _ask(start: Path) -> None:
    # The run asks again, and says what is wrong.
    with contextlib.suppress(CleanroomError, OSError, ValueError):
        checkout = Checkout.find(start)
        oid = checkout.pin_head()
        if oid:
            place = start.resolve().relative_to(checkout.root.resolve())
            checkout.read_ahead(oid, [(place / name).as_posix() for name in PROJECT_FILES])
            checkout.list_tree(oid)

"""Signals: how they end a run, and which blocks they do not interrupt."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from nox_cleanroom.processes import process, supervision

_NUMBERS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def _is_main_thread() -> bool:
    # Only the main thread receives signals and may set handlers
    # (https://docs.python.org/3/library/signal.html).
    return threading.current_thread() is threading.main_thread()


def _handle(handler: Callable[[int, Any], object]) -> dict[int, Any]:
    """Handle all signals but the ignored ones; return their previous handlers.

    A signal that was ignored from the start, as under nohup, stays ignored.
    """
    return {
        number: signal.signal(number, handler)
        for number in _NUMBERS
        if signal.getsignal(number) is not signal.SIG_IGN
    }


def _restore(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """A block for cleaning up that signals do not interrupt; they are delivered when it ends."""
    if not _is_main_thread():
        yield
        return
    arrived: list[int] = []
    previous = _handle(lambda number, _frame: arrived.append(number))
    try:
        yield
    finally:
        _restore(previous)
        if arrived:
            signal.raise_signal(arrived[0])


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived: the run ends as after Ctrl-C, with another exit status."""

    def __init__(self, number: int) -> None:
        super().__init__(process.signal_name(number))
        self.number = number


def _unwind(number: int, _frame: object) -> None:
    """Unwind the stack, and ignore all further signals."""
    for other in _NUMBERS:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """A block in which the first signal unwinds the stack, and further signals are ignored.

    Nox installs no handlers: SIGTERM and SIGHUP would end the process at once and leave its
    children and its worktree behind, and a second Ctrl-C would interrupt the cleanup. After the
    stack is unwound, SIGTERM or SIGHUP is delivered again, so that the exit status tells the parent
    what happened. After Ctrl-C, nox ends the process itself.
    """
    if not _is_main_thread():
        yield
        return
    previous = _handle(_unwind)
    supervision.allow_starts()
    try:
        yield
    except KeyboardInterrupt as interrupt:
        supervision.stop_all()
        if isinstance(interrupt, Terminated):
            signal.signal(interrupt.number, signal.SIG_DFL)
            signal.raise_signal(interrupt.number)
        raise
    except BaseException:
        _restore(previous)
        raise
    _restore(previous)


#: How often a worker checks that its parent is alive.
_INTERVAL_SECONDS = 0.5


@contextlib.contextmanager
def ending_with_parent() -> Iterator[None]:
    """A block in which this process ends, as on SIGTERM, when its parent is gone.

    Under ``nox -j`` the parent is nox, which starts a process for each session. When nox is
    killed, these would go on.
    """
    parent, over = os.getppid(), threading.Event()

    def look() -> None:
        while not over.wait(_INTERVAL_SECONDS):
            # The system gives an orphan another parent; on Windows the number stays the same.
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        over.set()

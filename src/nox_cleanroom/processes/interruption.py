"""Signals: how they end a run, and what they must not cut short."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from nox_cleanroom.processes import process

_NUMBERS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


def _is_main_thread() -> bool:
    # Only the main thread receives signals and may set handlers
    # (https://docs.python.org/3/library/signal.html).
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """A block that signals do not cut short, for cleaning up; they arrive when it ends."""
    if not _is_main_thread():
        yield
        return
    arrived: list[int] = []
    previous = {
        number: signal.signal(number, lambda number, _frame: arrived.append(number))
        for number in _NUMBERS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived: to be treated as Ctrl-C is, with another exit status."""

    def __init__(self, number: int) -> None:
        super().__init__(process.signal_name(number))
        self.number = number


def _unwind(number: int, _frame: object) -> None:
    """Unwind the stack, and let no further signal cut that short."""
    for other in _NUMBERS:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt if number == signal.SIGINT else Terminated(number)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """A block in which the first signal unwinds the stack, and impatience changes nothing.

    Nox installs no handlers: SIGTERM and SIGHUP would end the process at once and leave its
    children and its worktree behind, and a second Ctrl-C would cut the cleaning up short. When
    the stack is unwound, a SIGTERM or SIGHUP is delivered again, so that the exit status tells
    the parent what happened. After Ctrl-C nox ends the process itself.
    """
    if not _is_main_thread():
        yield
        return
    previous = {
        number: signal.signal(number, _unwind)
        for number in _NUMBERS
        # Ignored from birth, as under nohup: so it stays.
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    process.allow_starts()
    try:
        yield
    except Terminated as terminated:
        process.stop_all()
        signal.signal(terminated.number, signal.SIG_DFL)
        signal.raise_signal(terminated.number)
        raise
    except KeyboardInterrupt:
        process.stop_all()
        raise
    except BaseException:
        _restore(previous)
        raise
    _restore(previous)


def _restore(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


#: How often a worker looks whether its parent is there, in seconds.
_INTERVAL = 0.5


@contextlib.contextmanager
def ending_with_parent() -> Iterator[None]:
    """A block in which this process ends, as on SIGTERM, once its parent is gone.

    Under ``nox -j`` the parent is nox, which starts a process for each session, and takes none of
    them with it when it is killed.
    """
    parent, over = os.getppid(), threading.Event()

    def look() -> None:
        while not over.wait(_INTERVAL):
            # An orphan is given another parent; on Windows it keeps the old one's number.
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    threading.Thread(target=look, daemon=True).start()
    try:
        yield
    finally:
        over.set()

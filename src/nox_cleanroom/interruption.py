"""Signals: how they end a run, and what they must not cut short."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

from nox_cleanroom import process


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """A block that further signals do not cut short, for cleaning up.

    Only the main thread receives signals (https://docs.python.org/3/library/signal.html);
    in another thread the block is just a block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [
        getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
    ]
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived: to be treated as Ctrl-C is, with another exit status."""

    def __init__(self, number: int) -> None:
        super().__init__(process.signal_name(number))
        self.number = number


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """A block in which SIGTERM and SIGHUP unwind the stack, as Ctrl-C does by itself.

    Nox installs no handler for them, so without this the process would end at once and
    leave its children and its worktree behind. When the stack is unwound the signal is
    delivered again, so that the exit status tells the parent what happened.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def unwind(number: int, _frame: object) -> None:
        raise Terminated(number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    previous = {number: signal.signal(number, unwind) for number in numbers}
    process.allow_starts()
    try:
        yield
    except Terminated as terminated:
        process.stop_all()
        signal.signal(terminated.number, signal.SIG_DFL)
        os.kill(os.getpid(), terminated.number)
        raise
    except KeyboardInterrupt:
        process.stop_all()
        raise
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)

"""Threads: their only home. What works in them is ended when the run is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

from nox_cleanroom.processes import supervision


@contextlib.contextmanager
def threads(number: int) -> Iterator[Executor]:
    """Threads to work in; when the block ends, none of them works any more."""
    executor = ThreadPoolExecutor(number)
    try:
        yield executor
    except BaseException:
        # Whatever it is, nothing of ours may go on behind it.
        supervision.stop_all()
        raise
    finally:
        # Nothing is cancelled: what has not begun fails at once, and whoever waits for it wakes up.
        executor.shutdown()

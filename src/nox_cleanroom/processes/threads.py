"""Threads that work side by side; their work ends with the block that needs it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

from nox_cleanroom.processes import supervision


@contextlib.contextmanager
def threads(number: int, *, tolerated: tuple[type[Exception], ...] = ()) -> Iterator[Executor]:
    """An executor whose threads have all finished when the block ends.

    Args:
        number: how many threads there are at most.
        tolerated: exceptions after which the run goes on. After any other one, no process of ours
            may continue.
    """
    executor = ThreadPoolExecutor(number)
    try:
        yield executor
    except tolerated:
        raise
    except BaseException:
        supervision.stop_all()
        raise
    finally:
        # Do not cancel: work that has not begun fails at once, and threads that wait for it go on.
        executor.shutdown()

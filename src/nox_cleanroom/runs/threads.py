"""The threads in which the cells of a run work side by side; their work ends with the run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

from nox_cleanroom.processes import supervision


@contextlib.contextmanager
def threads(number: int) -> Iterator[Executor]:
    """An executor whose threads have all finished when the block ends."""
    executor = ThreadPoolExecutor(number)
    try:
        yield executor
    except BaseException:
        # After any exception, no process of ours may continue.
        supervision.stop_all()
        raise
    finally:
        # Do not cancel: work that has not begun fails at once, and threads that wait for it go on.
        executor.shutdown()

"""How long this process has been running."""

from __future__ import annotations

import contextlib
import os
import time

from nox_cleanroom.processes.strays import stat_of

_LOADED = time.monotonic()


def age_of_this_process() -> float:
    """Seconds since this process started; elsewhere than on Linux, since this module was loaded.

    Linux counts in hundredths of a second (proc(5), ``starttime``).
    """
    with contextlib.suppress(AttributeError, OSError, ValueError):
        found = stat_of(os.getpid())
        if found is not None:
            now = time.clock_gettime(time.CLOCK_BOOTTIME)
            return now - found.started / os.sysconf("SC_CLK_TCK")
    return time.monotonic() - _LOADED

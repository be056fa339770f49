"""How many processors this process may use."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path

#: Where Linux says which share of the processors a container has: a quota and a period, in
#: microseconds. (https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files)
_CGROUP = Path("/sys/fs/cgroup")


def available_cpus(cgroup: Path = _CGROUP) -> int:
    """The number of processors that this process may use, at least 1.

    Both its affinity, as ``taskset`` sets it, and the quota of a container count.

    Args:
        cgroup: where the system says what the container may use.
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    return max(1, math.ceil(min(count, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """How many processors a container may keep busy; infinite outside of one."""
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (cgroup / "cpu.max").read_text(encoding="ascii").split()
        return math.inf if quota == "max" else int(quota) / int(period)
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        quotas = [
            int((cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text(encoding="ascii"))
            for name in ("quota", "period")
        ]
        return quotas[0] / quotas[1] if quotas[0] > 0 else math.inf
    return math.inf

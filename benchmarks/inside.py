"""What must be measured from inside: a process of its own, whose last line is what it measured.

python inside.py snapshots COUNT
python inside.py memory WORDS ...
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path


def time_snapshots(count: int) -> dict[str, float]:
    """Seconds for the first snapshot of the checkout here, and for each of `count` further ones."""
    from nox_cleanroom.checkout.checkout import Checkout  # noqa: PLC0415 - not part of what `memory` measures
    from nox_cleanroom.checkout.watch import Watch  # noqa: PLC0415

    checkout = Checkout.find(Path.cwd())
    started = time.perf_counter()
    watch = Watch(checkout, exempt=(), allowed=())
    first = time.perf_counter() - started
    further = []
    for number in range(count):
        started = time.perf_counter()
        with watch.during(f"step {number}"):
            pass
        further.append(time.perf_counter() - started)
    if watch.changes:
        sys.exit(f"The checkout changed: {watch.changes}")
    return {"first": first, "further": statistics.median(further)}


def measure_memory(words: list[str]) -> dict[str, float]:
    """The most memory that the tool's own process takes, in bytes, for a command line."""
    from nox_cleanroom.__main__ import run as run_tool  # noqa: PLC0415 - see above

    status = run_tool(words)
    if status:
        sys.exit(status)
    # Not getrusage: what that says of a process includes the parent that it was forked from.
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return {"peak": int(peak) * 1024}


if __name__ == "__main__":
    act, *rest = sys.argv[1:]
    print(json.dumps(time_snapshots(int(*rest)) if act == "snapshots" else measure_memory(rest)))

"""Processes that have left the group in which they were started, and what is left of a killed run.

Linux lists processes under ``/proc`` (proc(5)); elsewhere only process groups can be ended.

As a program, ``python strays.py PID MARK``, this is the watcher: it reads which groups the run PID
starts and ends, and when the run is gone it ends what the run had started. It imports the standard
library only, so that it starts quickly.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: How often the watcher looks for processes that have left their groups, in seconds.
_INTERVAL = 0.5

#: PR_SET_CHILD_SUBREAPER, from prctl(2).
_SUBREAPER = 36


class Stat(NamedTuple):
    """What the kernel says of a process."""

    #: A letter; ``Z`` for a zombie.
    state: str
    parent: int
    session: int
    #: In clock ticks; with the number it tells one process from all others.
    started: int


def stat_of(pid: int) -> Stat | None:
    """What the kernel says of a process; None when it is gone, or when there is no ``/proc``."""
    try:
        with open(f"/proc/{pid}/stat", "rb", 0) as file:
            # The name in parentheses may hold anything, so count from its end.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Stat(fields[0].decode(), int(fields[1]), int(fields[3]), int(fields[19]))


def process_ids() -> frozenset[int]:
    """The numbers of all processes; none where there is no ``/proc``."""
    try:
        return frozenset(int(name) for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        return frozenset()


def become_subreaper() -> None:
    """Let processes whose parents have ended become children of this one, where that is possible.

    That is how a daemon is found that has left its group and emptied its environment
    (Linux, prctl(2)).
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - it takes milliseconds, and only a run needs it

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def adopted(parent: int, among: Iterable[int]) -> Iterator[int]:
    """Those processes that are children of another one by adoption.

    The commands that it runs are in sessions of their own, and so is what leaves them; whatever
    else it starts is in its own.

    Args:
        parent: the process; its commands may be among those that are given back.
        among: the numbers of the processes in question.
    """
    own = stat_of(parent)
    for pid in among:
        found = stat_of(pid)
        if own and found and found.parent == parent and found.session != own.session:
            yield pid


def marked(mark: bytes, among: Iterable[int]) -> Iterator[int]:
    """Those processes whose environment holds a mark.

    Args:
        mark: the beginning of a variable and its value.
        among: the numbers of the processes in question.
    """
    for pid in among:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb", 0) as variables:
            if mark in variables.read():
                yield pid


def end(pids: Iterable[int]) -> None:
    """Kill processes, and take leave of those that are our children."""
    for pid in pids:
        if pid <= 1:
            continue
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(pid, os.WNOHANG)


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group, if a member of it lives."""
    # To the system, 0 is our own group, and 1 every process that there is (kill(2)).
    if group <= 1:
        return
    # A group's number stays taken as long as a member lives, also when its leader is gone.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def end_tree(pid: int) -> None:
    """End a process and what it has started; on Windows, which has no groups to signal."""
    subprocess.run(
        ["taskkill", "/F", "/T", "/PID", str(pid)],  # noqa: S607 - part of Windows
        capture_output=True,
        check=False,
    )


def _descendants(parents: Iterable[int]) -> set[int]:
    """What the processes have started, and what that has started."""
    children: dict[int, list[int]] = {}
    for pid in process_ids():
        found = stat_of(pid)
        if found is not None:
            children.setdefault(found.parent, []).append(pid)
    waiting = list(parents)
    found_below: set[int] = set()
    while waiting:
        below = children.get(waiting.pop(), [])
        found_below.update(below)
        waiting += below
    return found_below


class _Watcher:
    """What a run has started and not yet ended.

    Args:
        run: the run's process number.
        mark: what the environments of all that it starts hold.
    """

    def __init__(self, run: int, mark: str) -> None:
        self._run = run
        self._mark = mark.encode()
        self._groups: set[int] = set()
        #: Processes that the run has adopted, and when each began.
        self._adopted: dict[int, int] = {}

    def watch(self) -> None:
        """Read lines, such as ``+123`` and ``-123``, until the run closes its end or is gone."""
        pending = b""
        while True:
            if self._groups and sys.platform != "win32":
                ready, _, _ = select.select([0], [], [], _INTERVAL)
                if not ready:
                    self._look()
                    continue
            read = os.read(0, 4096)
            if not read:
                return
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                act = self._groups.add if line.startswith(b"+") else self._groups.discard
                act(int(line[1:]))

    def end_all(self) -> None:
        """End what the run had not ended."""
        if not self._groups:
            return
        if sys.platform == "win32":
            for group in self._groups:
                end_tree(group)
            return
        known = {pid for pid, began in self._adopted.items() if _began(pid) == began}
        below = _descendants(self._groups | known)
        for group in self._groups:
            signal_group(group, signal.SIGKILL)
        end(below | known | {*marked(self._mark, process_ids())})

    def _look(self) -> None:
        # The watcher itself is a child of the run's, too.
        known = {os.getpid(), *self._groups, *self._adopted}
        for pid in adopted(self._run, process_ids() - known):
            self._adopted[pid] = _began(pid)


def _began(pid: int) -> int:
    found = stat_of(pid)
    return found.started if found else -1


if __name__ == "__main__":
    watcher = _Watcher(int(sys.argv[1]), sys.argv[2])
    watcher.watch()
    watcher.end_all()

"""Processes that have left their process group, and those that a killed run leaves behind.

Linux lists processes under ``/proc`` (proc(5)); elsewhere only process groups can be ended.

As a program, ``python strays.py PID MARK``, this is the watcher: it reads which groups the run PID
starts and ends. When the run is gone, it ends what the run had started. It imports only the
standard library, so that it starts quickly.
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

#: How often the watcher searches for processes that have left their groups.
_INTERVAL_SECONDS = 0.5

#: PR_SET_CHILD_SUBREAPER, from prctl(2).
_SUBREAPER = 36


class ProcessStat(NamedTuple):
    """What the kernel reports about a process."""

    #: A letter; ``Z`` for a zombie.
    state: str
    parent: int
    session: int
    #: In clock ticks; with the process number it identifies a process.
    started: int


def stat_of(pid: int) -> ProcessStat | None:
    """What the kernel reports about a process; None when it is gone, or without ``/proc``."""
    try:
        with open(f"/proc/{pid}/stat", "rb", 0) as file:
            # The name, in parentheses, may hold any characters, so count from its end.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return ProcessStat(fields[0].decode(), int(fields[1]), int(fields[3]), int(fields[19]))


def process_ids() -> frozenset[int]:
    """The numbers of all processes; none without ``/proc``."""
    try:
        return frozenset(int(name) for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        return frozenset()


def become_subreaper() -> None:
    """Adopt descendants whose parents have ended, on Linux (prctl(2)).

    That is how we find a daemon that has left its group and emptied its environment.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - importing it takes milliseconds, and only a run needs it

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def adopted(parent: int, among: Iterable[int]) -> Iterator[int]:
    """The processes that another one has adopted, and the commands that it runs.

    Both are in sessions of their own. The other processes that it starts are in its session.

    Args:
        parent: the number of the other process.
        among: the numbers of the processes to consider.
    """
    own = stat_of(parent)
    for pid in among:
        found = stat_of(pid)
        if own and found and found.parent == parent and found.session != own.session:
            yield pid


def marked(mark: bytes, among: Iterable[int]) -> Iterator[int]:
    """The processes whose environment contains a mark.

    Args:
        mark: the name of a variable and the beginning of its value.
        among: the numbers of the processes to consider.
    """
    for pid in among:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb", 0) as variables:
            if mark in variables.read():
                yield pid


def end(pids: Iterable[int]) -> None:
    """Kill processes, and reap those that are our children."""
    for pid in pids:
        if pid <= 1:
            continue
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(pid, os.WNOHANG)


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group that has a live member."""
    # The system takes 0 for our own group, and 1 for all processes (kill(2)).
    if group <= 1:
        return
    # The system does not reuse a group's number while a member lives, even without its leader.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def end_tree(pid: int) -> None:
    """End a process and its descendants on Windows, where groups cannot be signalled."""
    command = ["taskkill", "/F", "/T", "/PID", str(pid)]
    subprocess.run(command, capture_output=True, check=False)


def _descendants(parents: Iterable[int]) -> set[int]:
    """The children of processes, their children, and so on."""
    stats = {pid: stat_of(pid) for pid in process_ids()}
    newest = set(parents)
    below: set[int] = set()
    while newest:
        newest = {pid for pid, found in stats.items() if found and found.parent in newest} - below
        below |= newest
    return below


class _Watcher:
    """Knows what a run has started and not yet ended.

    Args:
        run: the run's process number.
        mark: the mark in the environments of all that it starts.
    """

    def __init__(self, run: int, mark: str) -> None:
        self._run = run
        self._mark = mark.encode()
        self._groups: set[int] = set()
        #: Processes that the run has adopted, and when each started.
        self._adopted: dict[int, int] = {}

    def watch(self) -> None:
        """Read lines, such as ``+123`` and ``-123``, until the run closes its end or is gone."""
        pending = b""
        while True:
            if self._groups and sys.platform != "win32":
                ready, _, _ = select.select([0], [], [], _INTERVAL_SECONDS)
                if not ready:
                    self._note_adopted()
                    continue
            read = os.read(0, 4096)
            if not read:
                return
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                act = self._groups.add if line.startswith(b"+") else self._groups.discard
                act(int(line[1:]))

    def end_all(self) -> None:
        """End all that the run has not ended."""
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

    def _note_adopted(self) -> None:
        # The watcher itself is a child of the run.
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

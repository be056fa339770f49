"""The processes that are running: ending them, what they leave behind, and what a killed run had.

What is left in a command's process group when it returns is ended. On Linux so is what left the
group: it still carries the variable that marks our children, or the system hands it to us when its
parent ends. When this process is killed, a watcher ends what it had started.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any

from filelock import BaseFileLock, Timeout

from nox_cleanroom.errors import InterruptedRunError
from nox_cleanroom.processes import strays

WINDOWS = sys.platform == "win32"
#: Windows has this flag, and needs it so that Ctrl-C does not reach the child before us.
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

#: The time that a process has to end on SIGTERM before it is killed, in seconds.
_GRACE_SECONDS = 0.5

#: The variable that marks our children, so that we recognise those that left their group.
_MARK = "NOX_CLEANROOM_PROCESS"
#: The beginning of its value, for all children of this process.
_OURS = secrets.token_hex(8)


class _Running:
    """The processes that are running now, so that an interruption can end them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopping = False
        self._watcher: subprocess.Popen[bytes] | None = None
        #: A watcher that has been started and is not used yet.
        self._waiting: subprocess.Popen[bytes] | None = None

    @property
    def commands(self) -> set[int]:
        """The numbers of the running processes."""
        with self._lock:
            return {process.pid for process in self._processes}

    @property
    def watchers(self) -> set[int]:
        """The number of the watcher's process, if there is one."""
        with self._lock:
            return {self._watcher.pid} if self._watcher else set()

    @contextlib.contextmanager
    def start(
        self, begin: Callable[[], subprocess.Popen[bytes]]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A block in which a process runs; its group ends with the block, or with the run."""
        with self._lock:
            self.require_running()
            process = begin()
            self._processes.add(process)
            self._tell_watcher("+", process.pid)
        try:
            yield process
        finally:
            end_groups([process])
            with self._lock:
                self._processes.discard(process)
                self._tell_watcher("-", process.pid)

    def require_running(self) -> None:
        """Make sure that the run is not being ended.

        Raises:
            InterruptedRunError: it is.
        """
        if self._stopping:
            raise InterruptedRunError("The run is being ended.")

    def stop_all(self) -> None:
        """End every process; functions which wait for one raise `InterruptedRunError`."""
        with self._lock:
            self._stopping = True
            processes = list(self._processes)
        end_groups(processes)

    def allow_starts(self) -> None:
        """Allow processes to be started again, at the beginning of a run."""
        with self._lock:
            self._stopping = False

    def prepare_watcher(self) -> None:
        """Start the watcher of the next run, which takes as long as several questions to git."""
        self._waiting = self._waiting or _start_watcher()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """A block in which a watcher ends what is running if this process is killed."""
        self.prepare_watcher()
        with self._lock:
            watcher, self._waiting = self._waiting, None
            self._watcher = watcher
        try:
            yield
        finally:
            with self._lock:
                self._watcher = None
            if watcher is not None and watcher.stdin is not None:
                # Nothing is left to end, and an interpreter takes milliseconds to end by itself.
                watcher.kill()
                watcher.wait()
                watcher.stdin.close()

    def _tell_watcher(self, sign: str, number: int) -> None:
        if self._watcher is not None and self._watcher.stdin is not None:
            with contextlib.suppress(OSError):
                self._watcher.stdin.write(f"{sign}{number}\n".encode())
                self._watcher.stdin.flush()


def _start_watcher() -> subprocess.Popen[bytes] | None:
    command = [sys.executable, "-I", "-S", "-B", strays.__file__, str(os.getpid())]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with contextlib.suppress(OSError):
        cwd = os.path.dirname(strays.__file__)
        return _popen([*command, f"{_MARK}={_OURS}"], cwd=cwd, **streams)
    return None


def _popen(argv: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
    """Start a process in its own session, which Ctrl-C and signals to our group do not reach."""
    return subprocess.Popen(argv, start_new_session=not WINDOWS, creationflags=_NEW_GROUP, **more)


_running = _Running()
stop_all = _running.stop_all
allow_starts = _running.allow_starts
require_running = _running.require_running
prepare_watcher = _running.prepare_watcher


@contextlib.contextmanager
def supervised() -> Iterator[None]:
    """A block whose processes all end with it, even if this process is killed."""
    strays.become_subreaper()
    with _running.watched():
        try:
            yield
        finally:
            # After each command only processes with new numbers were considered, but the system
            # uses numbers again.
            _end_strays(_OURS, older=frozenset())


@contextlib.contextmanager
def running_command(
    argv: Sequence[str], env: Mapping[str, str], **more: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """A block in which a command runs; all that it started ends with the block, or with the run.

    Args:
        argv: the program and its arguments.
        env: all of its variables but one of ours.
        more: further arguments of `subprocess.Popen`.

    Raises:
        InterruptedRunError: the whole run is being ended.
    """
    mark = f"{_OURS}-{secrets.token_hex(8)}"
    older = strays.process_ids()
    try:
        with _running.start(partial(_popen, argv, env={**env, _MARK: mark}, **more)) as process:
            yield process
    finally:
        _end_strays(mark, older)


@contextlib.contextmanager
def holding(lock: BaseFileLock) -> Iterator[None]:
    """A block that holds a lock; waiting for the lock stops when the run is ended.

    Raises:
        InterruptedRunError: the whole run is being ended.
    """
    while True:
        require_running()
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0.2, poll_interval=0.01)
            break
    try:
        yield
    finally:
        lock.release()


def end_groups(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End the groups of processes; those that still run get SIGTERM and some time first."""
    if WINDOWS:
        for process in processes:
            if process.poll() is None:
                strays.end_tree(process.pid)
        return
    alive = [process for process in processes if process.returncode is None]
    for process in alive:
        strays.signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(one.poll() is None for one in alive) and time.monotonic() < deadline:
        time.sleep(0.01)
    for process in processes:
        strays.signal_group(process.pid, signal.SIGKILL)
        process.poll()


#: How often strays are ended: meanwhile they may have started more.
_LOOKS = 20

#: Unmarked processes that the system handed to us while other commands were _running.
_unclaimed: set[int] = set()


def _end_strays(mark: str, older: AbstractSet[int]) -> None:
    """Kill processes that left their group: they carry our mark, or the system handed them to us.

    An unmarked one may belong to a command that is still running: it is killed when no command is.

    Args:
        mark: the beginning of the variable's value.
        older: the numbers of processes that are not considered.
    """
    needle = f"{_MARK}={mark}".encode()
    for _ in range(_LOOKS):
        candidates = strays.process_ids() - older | _unclaimed
        ours = set(strays.marked(needle, candidates))
        orphans = set(strays.adopted(os.getpid(), candidates))
        # Read afterwards, because a command that was started meanwhile is no orphan.
        orphans -= _running.commands | _running.watchers
        if _running.commands:
            _unclaimed.update(orphans)
            orphans = set()
        if not ours | orphans:
            return
        strays.end(ours | orphans)

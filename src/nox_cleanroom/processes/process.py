"""Every process that we start: closed input, own session, time limit, output in a file.

Nothing of a command outlives it: what is left in its process group when it returns is
ended, and so is, on Linux, what left the group: it still carries the variable that marks our
children, or is handed to us when its parent ends. When this process is killed, a watcher ends
what it had started.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from filelock import BaseFileLock, Timeout

from nox_cleanroom.errors import InterruptedRunError
from nox_cleanroom.processes import strays
from nox_cleanroom.redaction import longest_secret, redact

_WINDOWS = sys.platform == "win32"
#: Only Windows has it, and needs it for Ctrl-C not to reach the child before us.
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

#: How much of a command's output is kept, in bytes, counted from its end.
TAIL_BYTES = 16_384

#: The rest of a word at the beginning of a text.
_BROKEN_WORD = re.compile(r"\A\S{1,4096}(?=\s)")

#: How long a process may take to end on SIGTERM before it is killed, in seconds.
_GRACE = 0.5

#: The variable by which we know our children again when they have left their group.
_MARK = "NOX_CLEANROOM_PROCESS"
#: What its value begins with for all that this process starts.
_OURS = secrets.token_hex(8)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A command that has ended, and everything that it started with it."""

    #: The command line, as a list.
    command: tuple[str, ...]
    #: What it returned; negative for the signal that killed it; None when it never started.
    exit_status: int | None
    #: Seconds from start to end.
    duration: float
    #: Its standard output and error, interleaved: the last `TAIL_BYTES`.
    output: str
    #: Whether it was ended because it took longer than its limit.
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether it returned zero, in time."""
        return self.exit_status == 0 and not self.timed_out

    @property
    def ending(self) -> str:
        """How it ended, for people: ``exit status 2``, ``killed by SIGSEGV``."""
        if self.timed_out:
            return f"still running after {self.duration:.0f} s, so it was ended"
        if self.exit_status is None:
            return "could not be started"
        if self.exit_status < 0:
            return f"killed by {signal_name(-self.exit_status)}"
        return f"exit status {self.exit_status}"


def signal_name(number: int) -> str:
    """The name of a signal, or its number when this system does not know it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Running:
    """The processes that are running now, so that an interrupt can end them all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopping = False
        self._watcher: subprocess.Popen[bytes] | None = None

    @property
    def commands(self) -> set[int]:
        """The numbers of the processes."""
        with self._lock:
            return {process.pid for process in self._processes}

    @property
    def watchers(self) -> set[int]:
        """The number of the watcher, if there is one."""
        with self._lock:
            return {self._watcher.pid} if self._watcher else set()

    @contextlib.contextmanager
    def start(
        self, popen: Callable[[], subprocess.Popen[bytes]]
    ) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:
            if self._stopping:
                raise InterruptedRunError("The run is being ended.")
            process = popen()
            self._processes.add(process)
            self._tell_watcher("+", process.pid)
        try:
            yield process
        finally:
            _end_groups([process])
            with self._lock:
                self._processes.discard(process)
                self._tell_watcher("-", process.pid)

    def check(self) -> None:
        with self._lock:
            if self._stopping:
                raise InterruptedRunError("The run is being ended.")

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            processes = list(self._processes)
        _end_groups(processes)

    def resume(self) -> None:
        with self._lock:
            self._stopping = False

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """A block in which a watcher knows what is running, and ends it should we be killed."""
        watcher = _start_watcher()
        with self._lock:
            self._watcher = watcher
        try:
            yield
        finally:
            with self._lock:
                self._watcher = None
            if watcher is not None and watcher.stdin is not None:
                with contextlib.suppress(OSError):
                    watcher.stdin.close()
                watcher.wait()

    def _tell_watcher(self, sign: str, number: int) -> None:
        if self._watcher is not None and self._watcher.stdin is not None:
            with contextlib.suppress(OSError):
                self._watcher.stdin.write(f"{sign}{number}\n".encode())
                self._watcher.stdin.flush()


def _start_watcher() -> subprocess.Popen[bytes] | None:
    command = [sys.executable, "-I", "-S", "-B", strays.__file__, str(os.getpid())]
    with contextlib.suppress(OSError):
        return subprocess.Popen(
            [*command, f"{_MARK}={_OURS}"],
            cwd=os.path.dirname(strays.__file__),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for us; and what we are killed by may kill our group.
            start_new_session=not _WINDOWS,
            creationflags=_NEW_GROUP,
        )
    return None


@contextlib.contextmanager
def supervised() -> Iterator[None]:
    """A block after which nothing runs that was started in it, even if this process is killed."""
    strays.become_subreaper()
    with _running.watched():
        try:
            yield
        finally:
            # After each command only younger processes are looked at, by their numbers, and
            # those come round again.
            _end_strays(_OURS, older=frozenset())


_running = _Running()


def stop_all() -> None:
    """End every process that is running; whoever waits for one gets `InterruptedRunError`."""
    _running.stop()


def allow_starts() -> None:
    """Let processes be started again, at the beginning of a run."""
    _running.resume()


def require_running() -> None:
    """Make sure that the run is not being ended.

    Raises:
        InterruptedRunError: it is.
    """
    _running.check()


@contextlib.contextmanager
def holding(lock: BaseFileLock) -> Iterator[None]:
    """A block under a lock; waiting for it ends with the run.

    Raises:
        InterruptedRunError: the whole run is being ended.
    """
    while True:
        _running.check()
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0.2, poll_interval=0.01)
            break
    try:
        yield
    finally:
        lock.release()


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: str | os.PathLike[str],
    env: Mapping[str, str],
    timeout: float | None = None,
    stdout: str | os.PathLike[str] | None = None,
) -> Completed:
    """Run a command to its end and return how it ended; a failure is a value, not an exception.

    Args:
        command: the program and its arguments; never a shell line.
        cwd: the directory it runs in.
        env: all the variables it sees.
        timeout: seconds after which it and its process group are killed.
        stdout: a file for its standard output alone; otherwise it is kept with the errors.

    Raises:
        InterruptedRunError: the whole run is being ended.
    """
    argv = tuple(os.fspath(part) for part in command)
    mark = f"{_OURS}-{secrets.token_hex(8)}"
    older = strays.process_ids()
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile())
        out = stack.enter_context(Path(stdout).open("wb")) if stdout else log
        expired = threading.Event()

        def popen() -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                argv,
                cwd=cwd,
                env={**env, _MARK: mark},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                start_new_session=not _WINDOWS,
                creationflags=_NEW_GROUP,
            )

        try:
            with _running.start(popen) as process:
                _wait(process, timeout, expired)
        except (OSError, ValueError) as error:
            # ValueError: a NUL in a word, or a variable's name that cannot be.
            return Completed(
                command=argv,
                exit_status=None,
                duration=time.monotonic() - started,
                output=f"{argv[0]}: {getattr(error, 'strerror', None) or error}",
            )
        finally:
            _end_strays(mark, older)
        _running.check()
        return Completed(
            command=argv,
            exit_status=process.returncode,
            duration=time.monotonic() - started,
            output=_tail(log),
            timed_out=expired.is_set(),
        )


def _wait(
    process: subprocess.Popen[bytes], timeout: float | None, expired: threading.Event
) -> None:
    """Wait without polling: a timer ends the group, and with it the wait."""

    def expire() -> None:
        expired.set()
        _end_groups([process])

    limit = None if timeout is None else min(timeout, threading.TIMEOUT_MAX)
    timer = threading.Timer(limit, expire) if limit is not None else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        if _WINDOWS:
            # A wait without a limit cannot be interrupted by Ctrl-C there.
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
        else:
            process.wait()
    finally:
        if timer is not None:
            timer.cancel()


def _end_groups(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes and what shares their groups, politely while they are still running."""
    if _WINDOWS:
        for process in processes:
            if process.poll() is None:
                strays.end_tree(process.pid)
        return
    running = [process for process in processes if process.returncode is None]
    for process in running:
        strays.signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE
    while any(one.poll() is None for one in running) and time.monotonic() < deadline:
        time.sleep(0.01)
    for process in processes:
        strays.signal_group(process.pid, signal.SIGKILL)
        process.poll()


#: How often strays are ended, and what they have started meanwhile is looked for.
_LOOKS = 20

#: Processes without a mark that were handed to us while other commands were running.
_unclaimed: set[int] = set()


def _end_strays(mark: str, older: AbstractSet[int]) -> None:
    """Kill what left its process group: it carries our mark, or was handed to us by the system.

    What was handed to us without a mark may be that of a command that is still running: it is left
    until no command is.

    Args:
        mark: the beginning of the variable's value.
        older: the numbers of processes that are not in question.
    """
    needle = f"{_MARK}={mark}".encode()
    for _ in range(_LOOKS):
        candidates = strays.process_ids() - older | _unclaimed
        ours = set(strays.marked(needle, candidates))
        orphans = set(strays.adopted(os.getpid(), candidates))
        # Asked afterwards: what was started meanwhile is no orphan.
        orphans -= _running.commands | _running.watchers
        if _running.commands:
            _unclaimed.update(orphans)
            orphans = set()
        if not ours | orphans:
            return
        strays.end(ours | orphans)


def _tail(log: object) -> str:
    descriptor = log.fileno()  # type: ignore[attr-defined] # tempfile's type is private
    size = os.fstat(descriptor).st_size
    # A secret that is cut in two would not be known: read more than is kept, and drop the rest.
    margin = longest_secret()
    os.lseek(descriptor, max(0, size - TAIL_BYTES - margin), os.SEEK_SET)
    text = redact(os.read(descriptor, TAIL_BYTES + margin).decode("utf-8", "replace"))
    if size > TAIL_BYTES:
        # Nor would what is left of a URL: begin with a whole word, where there is one.
        text = _BROKEN_WORD.sub("", text[margin:], count=1)
    return f"[... {size - TAIL_BYTES} bytes before this]\n{text}" if size > TAIL_BYTES else text

"""Every process that we start: closed input, own session, time limit, output in a file.

Nothing of a command outlives it: what is left in its process group when it returns is
ended, and so is, where the system lets us look (``/proc``), what left the group but
still carries the variable that marks our children.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import BaseFileLock, Timeout

from nox_cleanroom.errors import InterruptedRunError

_WINDOWS = sys.platform == "win32"
#: Only Windows has it, and needs it for Ctrl-C not to reach the child before us.
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

#: How much of a command's output is kept, in bytes, counted from its end.
TAIL_BYTES = 16_384

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

    @contextlib.contextmanager
    def start(
        self, popen: Callable[[], subprocess.Popen[bytes]]
    ) -> Iterator[subprocess.Popen[bytes]]:
        with self._lock:
            if self._stopping:
                raise InterruptedRunError("The run is being ended.")
            process = popen()
            self._processes.add(process)
        try:
            yield process
        finally:
            _end_group(process)
            with self._lock:
                self._processes.discard(process)

    def check(self) -> None:
        with self._lock:
            if self._stopping:
                raise InterruptedRunError("The run is being ended.")

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            processes = list(self._processes)
        for process in processes:
            _end_group(process)

    def resume(self) -> None:
        with self._lock:
            self._stopping = False


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
    older = _process_ids()
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
            _end_strays(mark, _process_ids() - older)
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
        _end_group(process)

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


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and what shares its group, politely while it is still running."""
    if _WINDOWS:
        if process.poll() is None:
            subprocess.run(
                ["taskkill", "/F", "/T", "/PID", str(process.pid)],  # noqa: S607 - part of Windows
                capture_output=True,
                check=False,
            )
        return
    if process.returncode is None:
        _signal_group(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    _signal_group(process.pid, signal.SIGKILL)
    process.poll()


def _signal_group(group: int, number: int) -> None:
    # A group id stays taken as long as a member lives, also when its leader is gone.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _end_strays(mark: str, among: Iterable[str]) -> None:
    """Kill what left its process group: on Linux it still carries our mark."""
    needle = f"{_MARK}={mark}".encode()
    for pid in among:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb", 0) as variables:
            if needle in variables.read():
                os.kill(int(pid), signal.SIGKILL)


def end_all_strays() -> None:
    """Kill whatever still carries a mark of ours, at the end of a run.

    After each command only processes younger than it are looked at, by their numbers, and those
    come round again.
    """
    _end_strays(_OURS, _process_ids())


def _process_ids() -> frozenset[str]:
    try:
        return frozenset(name for name in os.listdir("/proc") if name.isdigit())
    except OSError:
        return frozenset()


def _tail(log: object) -> str:
    descriptor = log.fileno()  # type: ignore[attr-defined] # tempfile's type is private
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(0, size - TAIL_BYTES), os.SEEK_SET)
    text = os.read(descriptor, TAIL_BYTES).decode("utf-8", "replace")
    return f"[... {size - TAIL_BYTES} bytes before this]\n{text}" if size > TAIL_BYTES else text

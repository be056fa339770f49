"""Running a command: closed input, own session, time limit, output in a file.

Nothing of a command outlives it: `supervision` ends what it leaves behind.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from nox_cleanroom.processes import supervision
from nox_cleanroom.records import dataclass
from nox_cleanroom.redaction import longest_secret, redact

#: The size of the end of a command's output that is kept, in bytes.
TAIL_BYTES = 16_384

#: Whether output can be handed over as it comes. On Windows, who reads a file moves the place at
#: which another process writes.
CAN_ECHO = hasattr(os, "pread")

#: How often growing output is read, in seconds.
_ECHO_SECONDS = 0.1

#: The rest of a word at the beginning of a text.
_BROKEN_WORD = re.compile(r"\A\S{1,4096}(?=\s)")


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A command that has ended, together with all that it had started."""

    #: The program and its arguments.
    command: tuple[str, ...]
    #: Its exit status; negative for the signal that killed it; None when it never started.
    exit_status: int | None
    #: Seconds from start to end.
    duration: float
    #: Its standard output and error, interleaved: the last `TAIL_BYTES`.
    output: str
    #: Whether it was ended because it exceeded its time limit.
    timed_out: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether its exit status is zero, and it met its time limit."""
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


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: str | os.PathLike[str],
    env: Mapping[str, str],
    timeout_seconds: float | None = None,
    stdout: str | os.PathLike[str] | None = None,
    begun: Callable[[], object] | None = None,
    echo: Callable[[str], None] | None = None,
) -> Completed:
    """Run a command to its end and return how it ended; a failure is a value, not an exception.

    Args:
        command: the program and its arguments; never a shell line.
        cwd: the directory that it runs in.
        env: all of its variables.
        timeout_seconds: when this time is over, the command and its process group are killed.
        stdout: a file for standard output; otherwise it is kept together with standard error.
        begun: is called when it has been started.
        echo: is called with each line of the output as it comes, in another thread.

    Raises:
        InterruptedRunError: the whole run is being ended.
    """
    argv, started = tuple(os.fspath(part) for part in command), time.monotonic()
    with _files(stdout) as (log, out):
        streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": log}
        try:
            running = supervision.running_command(argv, env, cwd=cwd, **streams)
            with running as process, _echoing(log, echo):
                if begun is not None:
                    begun()
                timed_out = _wait(process, timeout_seconds)
        except (OSError, ValueError) as error:  # ValueError: a NUL, or an impossible name
            return _not_started(argv, error, time.monotonic() - started)
        supervision.require_running()
        status, duration = process.returncode, time.monotonic() - started
        return Completed(
            command=argv,
            exit_status=status,
            duration=duration,
            output=_tail(log),
            timed_out=timed_out,
        )


@contextlib.contextmanager
def _files(stdout: str | os.PathLike[str] | None) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """A file for all output, and the one for standard output, which may be the same."""
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile())
        yield log, stack.enter_context(Path(stdout).open("wb")) if stdout else log


def _not_started(argv: tuple[str, ...], error: Exception, duration: float) -> Completed:
    words = f"{argv[0]}: {getattr(error, 'strerror', None) or error}"
    return Completed(command=argv, exit_status=None, duration=duration, output=words)


@contextlib.contextmanager
def _echoing(log: IO[bytes], echo: Callable[[str], None] | None) -> Iterator[None]:
    """A block in which a thread reads a file while it grows, and hands over its whole lines."""
    if echo is None or not CAN_ECHO:
        yield
        return
    ended, descriptor = threading.Event(), os.dup(log.fileno())

    def follow() -> None:
        rest, place, is_last = b"", 0, False
        while not is_last:
            is_last = ended.wait(_ECHO_SECONDS)
            while part := os.pread(descriptor, TAIL_BYTES, place):
                place += len(part)
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    echo(line.decode("utf-8", "replace").rstrip("\r"))
        if rest:
            echo(rest.decode("utf-8", "replace"))

    reader = threading.Thread(target=follow, daemon=True)
    reader.start()
    try:
        yield
    finally:
        ended.set()
        reader.join()
        os.close(descriptor)


def _wait(process: subprocess.Popen[bytes], timeout_seconds: float | None) -> bool:
    """Wait without polling; whether the time limit has ended the group, and with it the wait."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        supervision.end_groups([process])

    limit = threading.TIMEOUT_MAX if timeout_seconds is None else timeout_seconds
    timer = threading.Timer(min(limit, threading.TIMEOUT_MAX), expire)
    if timeout_seconds is not None:
        timer.daemon = True
        timer.start()
    try:
        if supervision.WINDOWS:
            # Ctrl-C does not interrupt a wait without a limit there.
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.05)
        else:
            process.wait()
    finally:
        timer.cancel()
    return expired.is_set()


def _tail(log: IO[bytes]) -> str:
    descriptor = log.fileno()
    size = os.fstat(descriptor).st_size
    # Redaction does not recognise half a secret: read more than is kept, redact, drop the rest.
    margin = longest_secret()
    os.lseek(descriptor, max(0, size - TAIL_BYTES - margin), os.SEEK_SET)
    text = redact(os.read(descriptor, TAIL_BYTES + margin).decode("utf-8", "replace"))
    if size > TAIL_BYTES:
        # Nor does it recognise half a URL: begin with a whole word, where there is one.
        text = _BROKEN_WORD.sub("", text[margin:], count=1)
    return f"[... {size - TAIL_BYTES} bytes before this]\n{text}" if size > TAIL_BYTES else text


def run_in_foreground(command: Sequence[str | os.PathLike[str]], *, given: bytes = b"") -> int:
    """The exit status of a command that shares our output and Ctrl-C.

    Args:
        command: the program and its arguments.
        given: its standard input.
    """
    return subprocess.run(command, input=given, check=False).returncode

"""What a command leaves in a terminal; only where there are pseudo-terminals."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping
from pathlib import Path

import pyte
from pyte.screens import Char


def screen_of(
    command: list[str],
    where: Path,
    env: Mapping[str, str],
    columns: int,
    rows: int,
    *,
    typed: bytes = b"",
) -> tuple[int, list[list[Char]]]:
    """The exit status of a command, and the rows that it leaves, with those that scrolled away.

    Args:
        command: the command.
        where: its directory.
        env: its variables, without those of the terminal.
        columns: the width of the terminal, in characters.
        rows: its height.
        typed: what is typed there.
    """
    screen = pyte.HistoryScreen(columns, rows, history=1000, ratio=1)
    stream = pyte.ByteStream(screen)
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    env = {**env, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(rows)}
    with subprocess.Popen(
        command, cwd=where, env=env, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    ) as process:
        os.close(inner)
        os.write(outer, typed)
        while part := _read(outer):
            stream.feed(part)
        status = process.wait()
    os.close(outer)
    lines = [*screen.history.top, *(screen.buffer[row] for row in range(rows))]
    return status, [[line[column] for column in range(columns)] for line in lines]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""

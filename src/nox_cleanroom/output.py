"""Text of commands and their output, made safe to show."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from nox_cleanroom.redaction import redact


def printable(command: Sequence[str]) -> str:
    """The command as one line that can be pasted into a shell."""
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)


def clean_text(text: str) -> str:
    """Text without secrets that cannot act in a terminal or in a CI log.

    Control characters are escaped. GitHub's runner obeys ``::command::`` at the start of a line, so
    we indent it by a visible character. Several CI services obey ``##[command]``,
    ``##vso[command]`` and the like anywhere in a line, so we split these.
    (https://docs.github.com/actions/reference/workflow-commands-for-github-actions,
    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands)
    """
    cleaned = "".join(
        char if char in "\n\t" or char.isprintable() else ascii(char)[1:-1]
        for char in redact(text).replace("\r\n", "\n")
    )
    apart = _COMMAND.sub("# #", cleaned)
    return "\n".join(
        f"|{line}" if line.lstrip().startswith("::") else line for line in apart.split("\n")
    )


def display_path(path: Path, base: Path) -> str:
    """A path for people: relative to a directory that contains it, or with ``~``.

    >>> display_path(Path("/work/reports/x.json"), Path("/work"))
    'reports/x.json'
    """
    if path.is_relative_to(base):
        return str(path.relative_to(base))
    home = Path(os.path.expanduser("~"))
    is_below = home != Path(home.anchor) and path.is_relative_to(home)
    return str(Path("~") / path.relative_to(home)) if is_below else str(path)


#: The beginning of a command for a CI service, anywhere in a line.
_COMMAND = re.compile(r"##(?=\w*\[)")


_PLAIN = str.maketrans({"✓": "+", "✗": "x"})


def encodable(text: str, encoding: str | None) -> str:
    """The text, reduced to what a stream of this encoding can show: an ASCII terminal has no ✓."""
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    return text


def show(text: str, stream: TextIO | None = None) -> None:
    """Print text, unless nobody reads it any more: `nox-cleanroom matrix | head -1`.

    Args:
        text: the text, without the end of its last line.
        stream: where it is printed; standard output by default.
    """
    stream = stream or sys.stdout
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(encodable(text, stream.encoding), file=stream, flush=True)
        return
    if stream is sys.stdout:
        # What is left in the buffer would be written, and fail, at the end of the process.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends


def last_lines(text: str, count: int = 12) -> str:
    """The last lines that are not empty, safe to print."""
    lines = [line.rstrip() for line in clean_text(text).splitlines() if line.strip()]
    return "\n".join(line if len(line) <= 400 else f"{line[:400]}..." for line in lines[-count:])


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(2, "commit")
    '2 commits'
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

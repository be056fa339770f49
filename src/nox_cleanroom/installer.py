"""What tools that install and build are told, and what their failures mean."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.output import last_lines, printable
from nox_cleanroom.results import Step


def find_links_options(find_links: tuple[str, ...]) -> list[str]:
    """The installer's options for further sources of requirements; the same for pip and uv."""
    return [option for link in find_links for option in ("--find-links", link)]


def constraints_options(constraints: Sequence[str], directory: Path) -> list[str]:
    """The installer's options for bounds of versions, which go into a file in a directory."""
    if not constraints:
        return []
    path = directory / "constraints.txt"
    path.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
    return ["--constraint", str(path)]


#: What tools print when it was not the package's fault, and the code for it.
_EXCUSES = (
    (Code.NO_SPACE, r"No space left on device|Errno 28\b|not enough space on the disk"),
    (
        Code.NETWORK,
        (
            r"dns error|[Tt]emporary failure in name resolution|Name or service not known"
            r"|NewConnectionError|ConnectTimeout|ReadTimeout|Connection (refused|reset|timed out)"
            r"|error sending request for url|client error \(Connect\)|getaddrinfo failed"
            r"|Max retries exceeded|Network is unreachable|ProxyError|operation timed out"
            r"|(500|502|503|504) Server Error|tls handshake"
        ),
    ),
)


#: Where less than this is free, in bytes, nobody can say why nothing works: that needs room, too.
_FULL = 64 * 1024


def _excuse(step: Step) -> Code | None:
    """Why a step failed that is nobody's fault; None when it is somebody's."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(step.cwd).free < _FULL:
            return Code.NO_SPACE
    return next((code for code, pattern in _EXCUSES if re.search(pattern, step.output)), None)


def tool_failure(
    kind: type[CleanroomError], what: str, step: Step, *, hint: str = ""
) -> CleanroomError:
    """The error for a build or an installation that failed, with the tool's own last lines.

    Whose fault it is depends on what was printed: a network or a disk is nobody's.

    Args:
        kind: the error.
        what: what did not come about.
        step: the step that failed.
        hint: what to do next when it was the package's fault; else its command is named.
    """
    words = last_lines(step.output, 25)
    if step.timed_out:
        return kind(
            f"{what}: {step.ending}.",
            output=words,
            hint="`-- --timeout SECONDS` gives it more time.",
            code=Code.TIMEOUT,
        )
    if step.exit_status is None:
        return kind(f"{what}: it {step.ending}.", output=words, code=Code.TOOL_MISSING)
    code = _excuse(step)
    if code is not None:
        reason = "the disk is full" if code is Code.NO_SPACE else "the network did not answer"
        return kind(f"{what}: {reason}.", output=words, hint="Try again.", code=code)
    return kind(
        f"{what} ({step.ending}).",
        output=words,
        hint=hint or f"It ran `{printable(step.command)}`.",
    )

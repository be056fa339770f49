"""The options of tools that install and build, and the meaning of their failures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.output import last_lines, printable
from nox_cleanroom.places.files import is_full
from nox_cleanroom.results import Step


def find_links_options(find_links: tuple[str, ...]) -> list[str]:
    """The installer's options for further sources of requirements, equal for pip and uv."""
    return [option for link in find_links for option in ("--find-links", link)]


def constraints_options(constraints: Sequence[str], directory: Path) -> list[str]:
    """The installer's options for version constraints, which go into a file in a directory."""
    if not constraints:
        return []
    path = directory / "constraints.txt"
    path.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
    return ["--constraint", str(path)]


#: Output that shows that the package is not at fault, by code.
_EXCUSES = (
    (Code.NO_SPACE, r"No space left on device|Errno 28\b|not enough space on the disk"),
    (
        Code.CERTIFICATE,
        (
            r"invalid peer certificate|UnknownIssuer|CERTIFICATE_VERIFY_FAILED"
            r"|certificate verify failed|confirming the ssl certificate|self[- ]signed certificate"
        ),
    ),
    (
        Code.NETWORK,
        (
            r"dns error|[Tt]emporary failure in name resolution|Name or service not known"
            r"|NewConnectionError|ConnectTimeout|ReadTimeout|Connection (refused|reset|timed out)"
            r"|ConnectionRe(fused|set)Error|error sending request for url|getaddrinfo failed"
            r"|Max retries exceeded|Network is unreachable|ProxyError|timed out|tunnel error"
            r"|(500|502|503|504) (Server Error|Service Unavailable|Bad Gateway|Gateway Time)"
            r"|HTTP status server error|Could not fetch URL|[Tt]unnel connection failed"
            r"|network was disabled|connectivity is disabled|was not found in the cache"
            r"|tls handshake|\(401 Unauthorized\)|a 403 Forbidden error"
        ),
    ),
    (
        Code.NOT_WRITABLE,
        (
            r"Permission denied|Read-only file system|Failed to initialize cache"
            r"|\[Errno (1|13|30)\]|Operation not permitted"
        ),
    ),
)

#: The message and the next step for each of these codes.
_REASONS = {
    Code.NO_SPACE: ("the disk is full", "Make room, and try again."),
    Code.CERTIFICATE: (
        "the certificate of a server is not trusted",
        "`SSL_CERT_FILE` names certificates for uv, `PIP_CERT` for pip.",
    ),
    Code.NETWORK: (
        "the network did not answer",
        "Try again; `UV_OFFLINE`, an index or a proxy in the settings may stand in the way.",
    ),
    Code.NOT_WRITABLE: (
        "a place cannot be written to",
        "The installer names it; its cache has to be the user's own.",
    ),
}

# These patterns are compiled where they are used, because only a failure needs them.

#: The installer's own lines about a failure; it indents the output of other programs.
_OF_UV = r"(?m)^(error: |  cause: |  Caused by: |  [├╰]|hint: ).*$"
_OF_PIP = r"(?m)^(WARNING: Retrying|ERROR: |Could not fetch URL|[\w.]+(Error|Timeout)\b).*$"
#: pip's line before the output of another pip, which it started to install build requirements.
_PIP_IN_PIP = "pip subprocess to install build dependencies did not run"
#: pip's last line when it found no distribution, whatever the reason, or could not go on.
_PIP_FOUND_NOTHING = (
    r"(?m)^ERROR: (Could not find a version|No matching distribution|Could not install packages due"
    r" to an OSError|HTTP error|Exception:)"
)
#: The line with which an exception ends a program.
_EXCEPTION = r"[\w.]*(Error|Exception|Timeout|gaierror)\b.*"


def _excuse(step: Step) -> Code | None:
    """The code of a failure that is not the package's fault; None when it may be."""
    if is_full(Path(step.cwd)):
        return Code.NO_SPACE
    is_install = "pip" in step.command
    words = _said_by_installer(step.output) if is_install else _said_in_the_end(step.output)
    for code, pattern in _EXCUSES:
        # A build that lacks a permission is the project's own matter.
        if re.search(pattern, words) and (is_install or code is not Code.NOT_WRITABLE):
            return code
    # The compiler reports a full disk; the backend reports only that the compiler failed.
    says_full = re.search(_EXCUSES[0][1], last_lines(step.output, 25)) is not None
    return Code.NO_SPACE if says_full else None


def _said_by_installer(output: str) -> str:
    """What pip or uv itself says about a failure, without the build output that it shows."""
    if _PIP_IN_PIP in output:
        output = "\n".join(line.strip() for line in output.splitlines())
    last = max(output.rfind("\nerror: "), 0)
    of_uv = [found[0] for found in re.finditer(_OF_UV, output[last:])]
    if of_uv and _PIP_IN_PIP not in output:
        return "\n".join(of_uv)
    if not re.search(_PIP_FOUND_NOTHING, output):
        return ""
    return "\n".join(found[0] for found in re.finditer(_OF_PIP, output))


def _said_in_the_end(output: str) -> str:
    """The exception that ended a build, if one did; earlier ones in the output do not count."""
    line = (output.strip().splitlines() or [""])[-1]
    return line if re.match(_EXCEPTION, line) else ""


def tool_failure(
    kind: type[CleanroomError], what: str, step: Step, *, hint: str = ""
) -> CleanroomError:
    """The error for a build or an installation that failed, with the tool's own last lines.

    The output decides about the code: the network, the disk and certificates are not the package's
    fault.

    Args:
        kind: the class of the error.
        what: the beginning of the message, which says what failed.
        step: the step that failed.
        hint: the next step when the package is at fault; without one, the command is shown.
    """
    words = last_lines(step.output, 25)
    if step.timed_out:
        return kind(
            f"{what}: {step.ending}.",
            output=words,
            hint="`--timeout SECONDS` gives it more time.",
            code=Code.TIMEOUT,
        )
    if step.exit_status is None:
        return kind(f"{what}: it {step.ending}.", output=words, code=Code.TOOL_MISSING)
    code = _excuse(step)
    if code is not None:
        reason, advice = _REASONS[code]
        return kind(f"{what}: {reason}.", output=words, hint=advice, code=code)
    return kind(
        f"{what} ({step.ending}).",
        output=words,
        hint=hint or f"It ran `{printable(step.command)}`.",
    )

"""Whose fault a failed installation or build is, by what uv, pip and backends really print."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from nox_cleanroom.environments.installer_commands import tool_failure
from nox_cleanroom.errors import (
    BuildError,
    CleanroomError,
    Code,
    InstallError,
    RepositoryError,
    unforeseen,
)
from nox_cleanroom.findings import Outcome, Problem
from nox_cleanroom.results import Step

UV, PIP = ("uv", "--no-progress", "pip", "install"), ("python", "-I", "-m", "pip", "install")
BUILD = ("python", "-I", "building.py")

_RETRYING = "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
_NOT_FOUND = """
ERROR: Could not find a version that satisfies the requirement idna (from versions: none)
ERROR: No matching distribution found for idna"""
_REFUSED = """'NewConnectionError('<HTTPConnection object at 0x7f14>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/idna/"""
_NO_SOLUTION = "error: No solution found when resolving dependencies\n  cause: Because idna was not found in the "

#: What was run, what it printed, and the code for it.
PRINTED: dict[str, tuple[tuple[str, ...], str, Code]] = {
    "uv: nobody listens": (UV, "Using Python 3.11.7 environment at: v\nerror: Failed to fetch: http://127.0.0.1:9/simple/six/\n  cause: error sending request for url (http://127.0.0.1:9/simple/six/)\n  cause: client error (Connect)\n  cause: tcp connect error\n  cause: Connection refused (os error 111)", Code.NETWORK),
    "uv: no such host": (UV, "error: Failed to fetch: http://nowhere.invalid/simple/six/\n  cause: client error (Connect)\n  cause: dns error\n  cause: error resolving DNS", Code.NETWORK),
    "uv: offline": (UV, f"{_NO_SOLUTION}cache and you require idna, we can conclude that your requirements are unsatisfiable.\n\nhint: Packages were unavailable because the network was disabled.", Code.NETWORK),
    "uv: a server in trouble": (UV, "error: Failed to fetch: http://127.0.0.1:48080/503/simple/six/\n  cause: HTTP status server error (503 Service Unavailable) for url (x)", Code.NETWORK),
    "uv: not let in": (UV, f"{_NO_SOLUTION}package registry and you require idna, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL (http://x/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)", Code.NETWORK),
    "uv: forbidden": (UV, f"{_NO_SOLUTION}package registry.\n\nhint: An index (http://x/simple) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid.", Code.NETWORK),
    "uv: a proxy that is not there": (UV, "error: Failed to fetch: https://example.invalid/simple/six/\n  cause: client error (Connect)\n  cause: tunnel error: failed to create underlying connection\n  cause: tcp connect error", Code.NETWORK),
    "uv: a proxy that refuses": (UV, "error: Failed to fetch: https://example.invalid/simple/six/\n  cause: client error (Connect)\n  cause: tunnel error: unsuccessful", Code.NETWORK),
    "uv: find-links": (UV, "error: Failed to read `--find-links` URL: http://127.0.0.1:9/\n  cause: Failed to fetch: http://127.0.0.1:9/\n  cause: Connection refused (os error 111)", Code.NETWORK),
    "uv: a URL": (UV, "error: Failed to download `six @ http://127.0.0.1:9/six-1.0-py3-none-any.whl`\n  cause: error sending request for url (x)", Code.NETWORK),
    "uv: requirements of a build": (UV, "error: Failed to build `x @ file:///x`\n  cause: Failed to resolve requirements from `build-system.requires`\n  cause: Failed to fetch: `http://127.0.0.1:9/`\n  cause: Connection refused (os error 111)", Code.NETWORK),
    "uv: a certificate": (UV, "error: Failed to fetch: https://localhost:48443/simple/six/\n  cause: error sending request for url (https://localhost:48443/simple/six/)\n  cause: client error (Connect)\n  cause: invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", Code.CERTIFICATE),
    "uv: an unknown issuer": (UV, "error: Failed to fetch: https://x/\n  cause: invalid peer certificate: UnknownIssuer", Code.CERTIFICATE),
    "uv: its cache": (UV, "error: Failed to initialize cache at `/dev/null/x`\n  cause: failed to create directory `/dev/null/x`: Not a directory (os error 20)", Code.NOT_WRITABLE),
    "uv: a read-only disk": (UV, "error: Failed to install: x.whl\n  cause: failed to create file `/x`: Read-only file system (os error 30)", Code.NOT_WRITABLE),
    "uv: a full disk": (UV, "error: Failed to install: x.whl\n  cause: No space left on device (os error 28)", Code.NO_SPACE),
    "uv: no such package": (UV, f"{_NO_SOLUTION}package registry and you require idna, we can conclude that your requirements are unsatisfiable.", Code.INSTALL_FAILED),
    "uv: no such version": (UV, "error: No solution found when resolving dependencies\n  cause: Because there is no version of idna==0.0.9 and you require idna==0.0.9, we can conclude that your requirements are unsatisfiable.", Code.INSTALL_FAILED),
    "uv: a build that speaks of a network": (UV, "error: Failed to build `x @ file:///x`\n  cause: The build backend returned an error\n  cause: Call to `build_editable` failed (exit status: 1)\n\n[stderr]\n    test_server.py: Connection refused\n    error: Permission denied", Code.INSTALL_FAILED),
    "uv: a warning before": (UV, "warning: Failed to fetch: Connection refused, trying again\nerror: No solution found when resolving dependencies\n  cause: Because a depends on b", Code.INSTALL_FAILED),
    "pip: nobody listens": (PIP, f"Looking in indexes: http://127.0.0.1:9/simple\n{_RETRYING}{_REFUSED}{_NOT_FOUND}", Code.NETWORK),
    "pip: a URL": (PIP, "Collecting six@ http://127.0.0.1:9/six.whl\nERROR: Could not install packages due to an OSError: HTTPConnectionPool(host='127.0.0.1', port=9): Max retries exceeded with url: /six.whl (Caused by NewConnectionError('x'))", Code.NETWORK),
    "pip: a proxy that is not there": (PIP, f"{_RETRYING}'ProxyError('Cannot connect to proxy.', NewConnectionError('x'))': /simple/idna/{_NOT_FOUND}", Code.NETWORK),
    "pip: a proxy that refuses": (PIP, f"{_RETRYING}'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden'))': /simple/idna/{_NOT_FOUND}", Code.NETWORK),
    "pip: slow": (PIP, f"{_RETRYING}'ReadTimeoutError(\"HTTPSConnectionPool(host='x', port=443): Read timed out. (read timeout=15)\")': /simple/idna/{_NOT_FOUND}", Code.NETWORK),
    "pip: requirements of a build": (PIP, f"Processing /x\n  error: subprocess-exited-with-error\n  \n  \N{MULTIPLICATION SIGN} pip subprocess to install build dependencies did not run successfully.\n  ╰─> [4 lines of output]\n      {_RETRYING}{_REFUSED}\n      ERROR: Could not find a version that satisfies the requirement hatchling\n      [end of output]", Code.NETWORK),
    "pip: a certificate": (PIP, f"{_RETRYING}'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1006)'))': /simple/idna/\nCould not fetch URL https://localhost:48443/simple/idna/: There was a problem confirming the ssl certificate: x - skipping{_NOT_FOUND}", Code.CERTIFICATE),
    "pip: a read-only disk": (PIP, "ERROR: Could not install packages due to an OSError: [Errno 30] Read-only file system: '/x'", Code.NOT_WRITABLE),
    "pip: no right": (PIP, "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'\nCheck the permissions.", Code.NOT_WRITABLE),
    "pip: a full disk": (PIP, "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", Code.NO_SPACE),
    "pip: no such package": (PIP, f"Looking in indexes: https://x/simple{_NOT_FOUND}", Code.INSTALL_FAILED),
    "pip: a conflict after a retry": (PIP, f"{_RETRYING}{_REFUSED}\nERROR: Cannot install a and b because these package versions have conflicting dependencies.\nERROR: ResolutionImpossible: for help visit x", Code.INSTALL_FAILED),
    "pip: a build that speaks of a network": (PIP, "  error: subprocess-exited-with-error\n  \N{MULTIPLICATION SIGN} Building editable did not run successfully.\n  ╰─> [2 lines of output]\n      urllib3.exceptions.NewConnectionError: Connection refused\n      ERROR: Could not find a version\n      [end of output]\nERROR: Failed building editable for x", Code.INSTALL_FAILED),
    "a build that downloads": (BUILD, 'Traceback (most recent call last):\n  File "setup.py", line 1\nurllib.error.URLError: <urlopen error [Errno 111] Connection refused>', Code.NETWORK),
    "a build that downloads by name": (BUILD, "socket.gaierror: [Errno -2] Name or service not known", Code.NETWORK),
    "a build that downloads with requests": (BUILD, "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='x', port=443): Max retries exceeded with url: /", Code.NETWORK),
    "a build that trusts nobody": (BUILD, "urllib.error.URLError: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed>", Code.CERTIFICATE),
    "a build on a full disk": (BUILD, "OSError: [Errno 28] No space left on device: 'x.o'", Code.NO_SPACE),
    "a compiler on a full disk": (BUILD, "fatal error: error writing to /tmp/x.s: No space left on device\nsetuptools.errors.CompileError: command 'gcc' failed", Code.NO_SPACE),
    "a build with a test log": (BUILD, "test_refused: Connection refused\ntest_tls: certificate verify failed\nNewConnectionError: x\nAssertionError: 2 tests failed", Code.BUILD_FAILED),
    "a build that may not write": (BUILD, "PermissionError: [Errno 13] Permission denied: '/usr/lib/x'", Code.BUILD_FAILED),
    "a build whose last words are no exception": (BUILD, "error: Connection refused", Code.BUILD_FAILED),
    "a build that says nothing": (BUILD, "", Code.BUILD_FAILED),
}  # fmt: skip


@pytest.mark.parametrize(("command", "printed", "code"), PRINTED.values(), ids=PRINTED.keys())
def test_the_code_says_whose_fault_it_is(
    tmp_path: Path, command: tuple[str, ...], printed: str, code: Code
) -> None:
    step = Step(
        name="x", command=command, cwd=str(tmp_path), exit_status=1, started=0, duration=0, output=printed
    )  # fmt: skip
    error = tool_failure(BuildError if command is BUILD else InstallError, "x", step)
    assert error.code is code
    is_ours = code not in {Code.BUILD_FAILED, Code.INSTALL_FAILED}
    assert Problem.from_error(error).outcome is (Outcome.ERROR if is_ours else Outcome.FAILED)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, Code.NO_SPACE),
        (errno.EDQUOT, Code.NO_SPACE),
        (errno.EACCES, Code.NOT_WRITABLE),
        (errno.EROFS, Code.NOT_WRITABLE),
        (errno.EISDIR, Code.INTERNAL),
    ],
)
def test_what_a_system_says_of_a_place_has_its_code(number: int, code: Code) -> None:
    assert unforeseen(OSError(number, os.strerror(number), "/x")).code is code


def test_a_fault_of_ours_is_neither_gits_nor_the_packages() -> None:
    def fail() -> None:
        raise ValueError("odd \udc80")

    with pytest.raises(ValueError, match="odd") as raised:
        fail()
    problem = Problem.from_error(unforeseen(raised.value))
    assert (problem.code, problem.outcome) == (Code.INTERNAL, Outcome.ERROR)
    assert "test_a_fault_of_ours" in problem.output
    assert "report it" in problem.hint
    assert CleanroomError("x").code is Code.INTERNAL
    assert unforeseen(RepositoryError("x")).code is Code.NOT_A_REPOSITORY

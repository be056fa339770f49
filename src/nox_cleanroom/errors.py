"""All errors, each with a stable code, an exit status and a next step."""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterable
from enum import Enum


class Code(Enum):
    """A stable name for one kind of problem, as messages, evidence and docs spell it.

    The value is the exit status of ``nox-cleanroom``: 1 the package is at fault, 2 usage or
    configuration, 3 no check could run, 10 and 30 a dirty checkout before and after,
    130 interrupted.
    """

    def __new__(cls, exit_status: int) -> Code:  # noqa: PYI034 - Self came with 3.11
        """Distinguish codes with the same exit status: the value is the position of the name."""
        code = object.__new__(cls)
        code._value_ = len(cls.__members__)
        code.exit_status = exit_status
        return code

    #: The exit status of ``nox-cleanroom`` when this is the worst problem.
    exit_status: int

    PYTHON_EXCLUDED = 0
    PYTHON_UNSUPPORTED = 0
    SIBLING_FAILED = 0
    DIRTY_REPO_PRE = 10
    DIRTY_REPO_POST = 30
    BUILD_FAILED = 1
    INSTALL_FAILED = 1
    IDENTITY_FAILED = 1
    PROBE_FAILED = 1
    CHECKOUT_POLLUTED = 1
    WARNINGS_AS_ERRORS = 1
    INTERPRETER_MISSING = 1
    CELL_MISSING = 1
    TIMEOUT = 1
    CONFIG_INVALID = 2
    OPTION_INVALID = 2
    EVIDENCE_ROOT_NOT_IGNORED = 2
    ENVIRONMENT_REFUSED = 2
    EMPTY_MATRIX = 2
    NOTHING_TESTED = 1
    REVISION_UNKNOWN = 2
    NOT_A_PROJECT = 3
    NOT_A_REPOSITORY = 3
    NO_COMMITS = 3
    GIT_MISSING = 3
    GIT_TOO_OLD = 3
    GIT_FAILED = 3
    WORKTREE_FAILED = 3
    WORKTREE_DIFFERS = 3
    NETWORK = 3
    CERTIFICATE = 3
    NO_SPACE = 3
    NOT_WRITABLE = 3
    TOOL_MISSING = 3
    ENVIRONMENT_LACKING = 3
    INTERNAL = 3
    INTERRUPTED = 130


#: Exit statuses in descending precedence.
_EXIT_PRECEDENCE = (130, 30, 3, 1, 10, 2)


def worst_exit_status(statuses: set[int]) -> int:
    """The exit status with the highest precedence; 0 for none.

    >>> worst_exit_status({1, 30, 2})
    30
    """
    known = (status for status in _EXIT_PRECEDENCE if status in statuses)
    return next(known, max(statuses, default=0))


class CleanroomError(Exception):
    """A problem that stopped us, in one sentence, with the next step.

    Attributes:
        code: the stable code.
        hint: the next step; empty when the message says it.
        output: the last lines of a tool's output about it; may be empty.
        details: more lines of it, for people who want all.
    """

    code = Code.INTERNAL
    details = ""

    def __init__(
        self, message: str, *, hint: str = "", output: str = "", code: Code | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.output = output
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        """The code, the message, the output and the next step, for people."""
        parts = [f"{self.code.name}: {self.message}"]
        if self.output:
            parts.append("\n".join(f"    {line}" for line in self.output.splitlines()))
        if self.hint:
            parts.append(f"  -> {self.hint}")
        return "\n".join(parts)


#: Errors of the system about a path, and their codes.
_OF_PLACES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), Code.NO_SPACE),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), Code.NOT_WRITABLE),
}


def unforeseen(error: Exception) -> CleanroomError:
    """The error to report for an unexpected exception, which is usually our fault."""
    if isinstance(error, CleanroomError):
        return error
    message = f"nox-cleanroom itself failed: {type(error).__name__}: {error}"
    hint = "This is a fault of nox-cleanroom: please report it, with these lines."
    code = _OF_PLACES.get(error.errno or 0) if isinstance(error, OSError) else None
    if code is not None:
        message, hint = f"{error}.", "Is HOME, or XDG_CACHE_HOME, a place to write to, with room?"
    lines = "".join(traceback.format_exception(error))
    return CleanroomError(message, output=lines, hint=hint, code=code)


class UsageError(CleanroomError):
    """An invalid option after ``--``."""

    code = Code.OPTION_INVALID


class ConfigError(CleanroomError):
    """A ``[tool.nox-cleanroom]`` table, or a ``pyproject.toml``, that cannot be read."""

    code = Code.CONFIG_INVALID


class RepositoryError(CleanroomError):
    """Git cannot read this repository, or there is none."""

    code = Code.NOT_A_REPOSITORY


class WorktreeError(CleanroomError):
    """The detached worktree could not be made."""

    code = Code.WORKTREE_FAILED


class ProjectError(CleanroomError):
    """There is no project to build in this place."""

    code = Code.NOT_A_PROJECT


class DirtyCheckoutError(CleanroomError):
    """``--require-clean`` was given and the checkout has uncommitted changes."""

    code = Code.DIRTY_REPO_PRE


class BuildError(CleanroomError):
    """The build failed."""

    code = Code.BUILD_FAILED


class BuildRequirementsError(BuildError):
    """The build requirements cannot be installed for the Python that builds."""


class InstallError(CleanroomError):
    """The installation failed.

    Attributes:
        absent: the requirement that no index has; empty for other reasons.
    """

    code = Code.INSTALL_FAILED
    absent = ""


class EnvironmentRefusedError(CleanroomError):
    """The environment is not a fresh one of our own, so we install nothing into it."""

    code = Code.ENVIRONMENT_REFUSED


class InterpreterMissingError(CleanroomError):
    """The interpreter that a cell needs, or each of several, is not on this machine."""

    code = Code.INTERPRETER_MISSING

    def __init__(self, *pythons: str) -> None:
        *others, last = pythons
        which = f"Neither Python {', '.join(others)} nor" if others else "Python"
        super().__init__(
            f"{which} {last} is {'' if others else 'not '}on this machine.",
            hint=f"{how_to_get(*pythons)}; or choose others with --pythons.",
        )


def how_to_get(*pythons: str) -> str:
    """The ways to get some Pythons, for people."""
    names = " ".join(pythons)
    return (
        f"Get {'them' if pythons[1:] else 'it'} with `uv python install {names}`,"
        f" `pyenv install {names}` or `--download-python auto`"
    )


class PythonUnsupportedError(CleanroomError):
    """No tool here makes environments for this interpreter, so there is nothing to test."""

    code = Code.PYTHON_UNSUPPORTED


class SiblingFailedError(CleanroomError):
    """Another package of the commit, which this one needs, has failed, so nothing was tested."""

    code = Code.SIBLING_FAILED


class PythonExcludedError(CleanroomError):
    """Requires-Python excludes the interpreter, so there is nothing to test.

    Attributes:
        requires_python: the project's Requires-Python.
    """

    code = Code.PYTHON_EXCLUDED

    def __init__(self, requires_python: str, version: str) -> None:
        super().__init__(
            f"Requires-Python is {requires_python!r}, which excludes Python {version}."
        )
        self.requires_python = requires_python


class InterruptedRunError(CleanroomError):
    """One of our processes was ended because the whole run is being ended."""

    code = Code.INTERRUPTED


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant; empty when none is similar.

    >>> nearest("smokee", ["matrix", "smoke"])
    'smoke'
    """
    from difflib import get_close_matches  # noqa: PLC0415 - few make a mistake

    return next(iter(get_close_matches(word, [*known], n=1)), "")

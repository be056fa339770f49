"""The findings of checks, and their outcomes."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from fnmatch import fnmatchcase

from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.output import last_lines
from nox_cleanroom.records import dataclass


class Outcome(Enum):
    """The outcome of a check, from best to worst."""

    #: The check found no problem.
    PASSED = 0
    #: The check did not run, for a stated reason.
    SKIPPED = 1
    #: The package works, but users should know about something.
    WARNED = 2
    #: The package is at fault.
    FAILED = 3
    #: The check could not run.
    ERROR = 4

    @property
    def symbol(self) -> str:
        """One character for grids."""
        return {"PASSED": "✓", "SKIPPED": "-", "WARNED": "!", "FAILED": "✗", "ERROR": "E"}[
            self.name
        ]

    @property
    def is_bad(self) -> bool:
        """Whether this outcome fails a run."""
        return self in {Outcome.FAILED, Outcome.ERROR}


def worst(outcomes: list[Outcome]) -> Outcome:
    """The worst of several outcomes; PASSED when there are none."""
    return max(outcomes, key=lambda outcome: outcome.value, default=Outcome.PASSED)


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A finding that the project accepts, and why."""

    #: Globs over ``check`` or ``check:subject``, such as ``entry points:legacy-*``.
    pattern: str
    #: The reason, shown in every report.
    reason: str

    def covers(self, check: str, subject: str) -> bool:
        """Whether a finding of this check about this subject is waived."""
        return any(fnmatchcase(name, self.pattern) for name in (check, f"{check}:{subject}"))


@dataclass(frozen=True)
class Finding:
    """The result of a check about one subject."""

    #: What it is about: a module, an entry point, a path.
    subject: str
    outcome: Outcome
    #: What came back, in one sentence; a PASSED result with a message is a note.
    message: str = ""
    #: The next step.
    hint: str = ""
    #: The last relevant lines that were printed, or the package's own lines of a traceback.
    output: str = field(default="", kw_only=True)
    #: More lines, of which `output` is the relevant part.
    details: str = field(default="", kw_only=True)
    #: The stable code of a bad outcome.
    code: Code = field(default=Code.PROBE_FAILED, kw_only=True)
    #: The check: ``imports``, ``entry points``, ``tracked artefacts``; the registry fills it in.
    check: str = field(default="", kw_only=True)
    #: Why the project accepts it; empty when it does not.
    waived: str = field(default="", kw_only=True)
    #: The probe that would settle it, by the name of its value; empty when none is needed.
    settled_by: str = field(default="", kw_only=True, compare=False)

    @classmethod
    def of(cls, subject: str, problem: str, hint: str = "", *, output: str = "") -> Finding:
        """FAILED with a problem and the next step; PASSED without a problem."""
        if not problem:
            return cls(subject, Outcome.PASSED)
        return cls(subject, Outcome.FAILED, problem, hint, output=output)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A problem that ended a cell before all of its checks could run."""

    code: Code
    outcome: Outcome
    message: str
    hint: str = ""
    output: str = ""
    #: More lines, of which `output` is the relevant part.
    details: str = ""
    #: The project's Requires-Python, if that is the problem.
    requires_python: str = ""

    @classmethod
    def from_error(cls, error: CleanroomError) -> Problem:
        """The problem behind an error: FAILED when the package is at fault, else ERROR."""
        return cls(
            code=error.code,
            outcome=_outcome_of(error.code),
            message=error.message,
            hint=error.hint,
            output=last_lines(error.output, 25),
            details=last_lines(error.details, 25),
            requires_python=getattr(error, "requires_python", ""),
        )


def _outcome_of(code: Code) -> Outcome:
    if code in {Code.PYTHON_EXCLUDED, Code.PYTHON_UNSUPPORTED, Code.SIBLING_FAILED}:
        return Outcome.SKIPPED
    at_fault = code.exit_status == 1 and code is not Code.INTERPRETER_MISSING
    return Outcome.FAILED if at_fault else Outcome.ERROR

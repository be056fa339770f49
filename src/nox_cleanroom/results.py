"""What a run found out: frozen records, and verdicts that are computed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase

from nox_cleanroom.changes import Attribution
from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.output import last_lines


class Outcome(Enum):
    """How a check ended, from best to worst."""

    #: Nothing is wrong.
    PASSED = 0
    #: It did not run, with a reason.
    SKIPPED = 1
    #: It works, but a user should know something.
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
        """Whether it fails a run."""
        return self in {Outcome.FAILED, Outcome.ERROR}


def worst(outcomes: list[Outcome]) -> Outcome:
    """The worst of several outcomes; PASSED when there are none."""
    return max(outcomes, key=lambda outcome: outcome.value, default=Outcome.PASSED)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One timed action of ours."""

    #: What people call it: ``build wheel``, ``import demo``.
    name: str
    #: The exact command line; empty when we did it ourselves.
    command: tuple[str, ...] = ()
    #: The directory that it ran in.
    cwd: str = ""
    #: What it returned; None when no process ran or it never started.
    exit_status: int | None = None
    #: When it started, in seconds since the run did.
    started: float
    #: How long it took, in seconds.
    duration: float
    #: The end of what it printed.
    output: str = ""
    #: Whether it was ended for taking too long.
    timed_out: bool = False
    #: How it ended, for people.
    ending: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether a process ran, in time, and returned zero."""
        return self.exit_status == 0 and not self.timed_out


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


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check says about one subject."""

    #: The check: ``imports``, ``entry points``, ``tracked artefacts``; the registry fills it in.
    check: str = ""
    #: What it is about: a module, an entry point, a path.
    subject: str
    outcome: Outcome
    #: What came back, in one sentence; a PASSED result with a message is a note.
    message: str = ""
    #: What to do about it.
    hint: str = ""
    #: The last relevant lines that were printed.
    output: str = ""
    #: The stable code of what is not green.
    code: Code = Code.PROBE_FAILED
    #: Why the project accepts it; empty when it does not.
    waived: str = ""
    #: The probe that would settle it, by the name of its value; empty when nothing has to.
    settled_by: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that ended a cell before all was asked."""

    code: Code
    outcome: Outcome
    message: str
    hint: str = ""
    output: str = ""
    #: What is required of Python, when that is the problem.
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
            requires_python=getattr(error, "requires_python", ""),
        )


def _outcome_of(code: Code) -> Outcome:
    if code is Code.PYTHON_EXCLUDED:
        return Outcome.SKIPPED
    at_fault = code.exit_status == 1 and code is not Code.INTERPRETER_MISSING
    return Outcome.FAILED if at_fault else Outcome.ERROR


@dataclass(frozen=True, kw_only=True)
class WheelRecord:
    """The wheel that a cell tested."""

    name: str
    version: str
    file: str
    sha256: str
    #: Whether this run built it, rather than finding it in the wheelhouse.
    built_now: bool
    #: When it was built, in ISO 8601 with a time zone.
    built_at: str
    #: The interpreter that it was built with.
    built_with: str
    #: What its metadata require of Python; empty when they say nothing.
    requires_python: str = ""
    #: Variables that shaped the build, with a value or a digest of it.
    variables: dict[str, str] = field(default_factory=dict)
    #: What else there is to say about who built it.
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InterpreterRecord:
    """The interpreter of a cell."""

    version: str
    implementation: str
    executable: str
    platform: str
    #: Who made the environment: uv, virtualenv or venv.
    environment: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One column of a run: what was found out on one interpreter."""

    #: The nox session that answers the same: ``smoke-3.11``.
    name: str
    #: The Python: ``3.11``.
    python: str
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    wheel: WheelRecord | None = None
    interpreter: InterpreterRecord | None = None
    #: What the probes brought, by name: all that the checks of this cell have to go by.
    values: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def outcome(self) -> Outcome:
        """The worst of what was found; waived findings do not count.

        SKIPPED only when the cell as a whole was: a check that had nothing to look at
        leaves the cell as good as its other findings.
        """
        problems = [problem.outcome for problem in self.problems]
        answers = [finding.outcome for finding in self.findings if not finding.waived]
        asked = [outcome for outcome in answers if outcome is not Outcome.SKIPPED]
        return worst([*problems, *asked])

    @property
    def codes(self) -> set[Code]:
        """The codes of everything bad in the cell."""
        return {problem.code for problem in self.problems if problem.outcome.is_bad} | {
            finding.code
            for finding in self.findings
            if finding.outcome.is_bad and not finding.waived
        }

    @property
    def duration(self) -> float:
        """Seconds from the first step's start to the last one's end."""
        ends = [step.started + step.duration for step in self.steps]
        return max(ends, default=0.0) - min((step.started for step in self.steps), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a run is about: the commit, and where everything about it comes from."""

    #: The project's directory, relative to the top level.
    project: str
    commit: str
    describe: str
    #: What was asked for: HEAD or another revision.
    rev: str
    #: Where the settings come from, for people.
    settings_source: str
    #: How many uncommitted paths are not part of what is tested.
    uncommitted: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """Everything that one session found out."""

    #: The session: ``smoke``, ``clean_check`` or ``matrix``.
    session: str
    subject: Subject
    cells: tuple[Cell, ...]
    #: What the session's name has besides, as ``_colours`` in ``smoke_colours``.
    suffix: str = ""
    #: What changed in the checkout while the run went on.
    changes: tuple[Attribution, ...] = ()
    #: Interpreters that the project supports and this machine lacks.
    missing: tuple[str, ...] = ()
    #: Whether a missing interpreter fails the run.
    missing_is_error: bool = False
    #: Whether a run that has tested nothing fails; for a matrix it does in any case.
    must_test: bool = False
    #: Whether warnings fail the run.
    strict: bool = False
    #: What the project accepts: globs over findings, with the reasons.
    waivers: tuple[Waiver, ...] = ()
    #: Sentences that people should read whatever the verdict.
    notes: tuple[str, ...] = ()
    #: When it started, in ISO 8601 with a time zone.
    started_at: str = ""
    #: How long it took, in seconds.
    duration: float = 0.0

    @property
    def dirtied(self) -> tuple[Attribution, ...]:
        """The changes that fail the run."""
        return tuple(change for change in self.changes if not change.is_note)

    @property
    def codes(self) -> set[Code]:
        """The codes of everything bad in the run."""
        codes = {code for cell in self.cells for code in cell.codes}
        if self.dirtied:
            codes.add(Code.DIRTY_REPO_POST)
        if self.missing and self.missing_is_error:
            codes.add(Code.INTERPRETER_MISSING)
        if self.cells and self.has_tested_nothing:
            if self.session == "matrix":
                codes.add(Code.EMPTY_MATRIX)
            elif self.must_test:
                codes.add(Code.NOTHING_TESTED)
        if self.strict and any(cell.outcome is Outcome.WARNED for cell in self.cells):
            codes.add(Code.WARNINGS_AS_ERRORS)
        return codes

    @property
    def has_tested_nothing(self) -> bool:
        """Whether every cell was skipped."""
        return all(cell.outcome is Outcome.SKIPPED for cell in self.cells)

    @property
    def outcome(self) -> Outcome:
        """The verdict: as bad as the worst cell, and FAILED when the checkout changed."""
        outcomes = [cell.outcome for cell in self.cells]
        if self.codes - {code for cell in self.cells for code in cell.codes}:
            outcomes.append(Outcome.FAILED)
        return worst(outcomes)

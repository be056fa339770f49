"""What a run found out: frozen records, and verdicts that are computed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nox_cleanroom.changes import Attribution
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome, Problem, Waiver, worst


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

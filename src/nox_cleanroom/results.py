"""The results of a run: frozen records, and verdicts that are computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from nox_cleanroom.changes import Attribution
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome, Problem, Waiver, worst
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of our actions, with its duration."""

    #: The name for people: ``build wheel``, ``import demo``.
    name: str
    #: The exact command line; empty for work in our own process.
    command: tuple[str, ...] = ()
    #: The directory in which it ran.
    cwd: str = ""
    #: The exit status; None when there was no process, or it did not start.
    exit_status: int | None = None
    #: The start, in seconds since the start of the run.
    started: float
    #: The duration, in seconds.
    duration: float
    #: The end of its output.
    output: str = ""
    #: Whether it was ended because it took too long.
    timed_out: bool = False
    #: How it ended, for people.
    ending: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the process ended in time, with the exit status 0."""
        return self.exit_status == 0 and not self.timed_out


@dataclass(frozen=True, kw_only=True)
class WheelRecord:
    """The wheel under test in a cell."""

    name: str
    version: str
    file: str
    sha256: str
    #: Whether this run built it; otherwise it came from the wheelhouse.
    built_now: bool
    #: When it was built, in ISO 8601 with a time zone.
    built_at: str
    #: The interpreter that built it.
    built_with: str
    #: Its Requires-Python; empty when there is none.
    requires_python: str = ""
    #: Variables that affected the build, each with its value or a digest of it.
    variables: dict[str, str] = field(default_factory=dict)
    #: Further remarks on the Python that built it.
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InterpreterRecord:
    """The interpreter of a cell."""

    version: str
    implementation: str
    executable: str
    platform: str
    #: The tool that made the environment: uv, virtualenv or venv.
    environment: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a run: the results on one interpreter."""

    #: The nox session with the same result: ``smoke-3.11``.
    name: str
    #: The Python: ``3.11``.
    python: str
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    wheel: WheelRecord | None = None
    interpreter: InterpreterRecord | None = None
    #: Whether it may fail without failing the run.
    may_fail: bool = False
    #: The values of the probes, by name; the checks of this cell use nothing else.
    values: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of a finding; waived findings do not count.

        SKIPPED only when the whole cell was skipped: a check without a subject does not change the
        outcome of the other findings.
        """
        problems = [problem.outcome for problem in self.problems]
        answers = [finding.outcome for finding in self.findings if not finding.waived]
        asked = [outcome for outcome in answers if outcome is not Outcome.SKIPPED]
        return worst([*problems, *asked])

    @property
    def codes(self) -> set[Code]:
        """The codes of all problems in the cell."""
        bad = {problem.code for problem in self.problems if problem.outcome.is_bad}
        counting = (finding for finding in self.findings if not finding.waived)
        return bad | {finding.code for finding in counting if finding.outcome.is_bad}

    @property
    def duration(self) -> float:
        """Seconds from the first step's start to the last one's end."""
        ends = [step.started + step.duration for step in self.steps]
        return max(ends, default=0.0) - min((step.started for step in self.steps), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The subject of a run: the commit, the project and the source of the settings."""

    #: The project's directory, relative to the top level.
    project: str
    commit: str
    describe: str
    #: The requested revision, such as HEAD.
    rev: str
    #: The source of the settings, for people.
    settings_source: str
    #: How many uncommitted paths are not part of the test.
    uncommitted: int
    #: The digest of the settings in force.
    settings_sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """All results of one session."""

    #: The session: ``smoke``, ``clean_check`` or ``matrix``.
    session: str
    subject: Subject
    cells: tuple[Cell, ...]
    #: The suffix of the session's name, as ``_colours`` in ``smoke_colours``.
    suffix: str = ""
    #: The changes in the checkout during the run.
    changes: tuple[Attribution, ...] = ()
    #: Interpreters that the project supports and this machine lacks.
    missing: tuple[str, ...] = ()
    #: Whether a missing interpreter fails the run.
    missing_is_error: bool = False
    #: The Pythons that may fail: their cells are shown, and do not count.
    may_fail: tuple[str, ...] = ()
    #: Whether a run that has tested nothing fails; a matrix always fails then.
    must_test: bool = False
    #: Whether warnings fail the run.
    strict: bool = False
    #: The findings that the project accepts: globs, with the reasons.
    waivers: tuple[Waiver, ...] = ()
    #: The files that were given to test, with their digests; empty when the commit was built.
    files: dict[str, str] = field(default_factory=dict)
    #: The version of this tool that wrote the evidence; empty for a run of this process.
    tool_version: str = field(default="", compare=False)
    #: The names of all cells that a matrix of this project has, with the Python of each.
    planned: dict[str, str] = field(default_factory=dict)
    #: Sentences for people, whatever the verdict is.
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
    def counting_cells(self) -> tuple[Cell, ...]:
        """The cells that decide the verdict."""
        return tuple(cell for cell in self.cells if not self.lets_fail(cell))

    def lets_fail(self, cell: Cell) -> bool:
        """Whether a cell may fail without failing the run."""
        return cell.may_fail or cell.python in self.may_fail

    @property
    def codes(self) -> set[Code]:
        """The codes of all problems in the run."""
        codes = {code for cell in self.counting_cells for code in cell.codes}
        if self.dirtied:
            codes.add(Code.DIRTY_REPO_POST)
        if self.missing_is_error and not {*self.missing}.issubset(self.may_fail):
            codes.add(Code.INTERPRETER_MISSING)
        if self.has_tested_nothing and Code.INTERPRETER_MISSING not in codes:
            if self.session == "matrix":
                codes.add(Code.EMPTY_MATRIX)
            elif self.must_test:
                codes.add(Code.NOTHING_TESTED)
        if self.strict and any(cell.outcome is Outcome.WARNED for cell in self.counting_cells):
            codes.add(Code.WARNINGS_AS_ERRORS)
        return codes

    @property
    def has_tested_nothing(self) -> bool:
        """Whether every cell was skipped; those that may fail count only when they are alone."""
        cells = self.counting_cells or self.cells
        return all(cell.outcome is Outcome.SKIPPED for cell in cells)

    @property
    def outcome(self) -> Outcome:
        """The verdict: as bad as the worst cell that was tested; FAILED if the checkout changed."""
        outcomes = [cell.outcome for cell in self.counting_cells]
        if not self.has_tested_nothing:
            outcomes = [one for one in outcomes if one is not Outcome.SKIPPED]
        if self.codes - {code for cell in self.counting_cells for code in cell.codes}:
            outcomes.append(Outcome.FAILED)
        return worst(outcomes)


def merge(runs: Sequence[Run]) -> Run:
    """One run of several packages that were tested at the same time."""
    first = runs[0]
    pythons = [{*run.missing, *(cell.python for cell in run.cells)} for run in runs]
    missing = dict.fromkeys(python for run in runs for python in run.missing)
    may_fail = (
        python
        for python in missing
        if all(
            python in run.may_fail for run, own in zip(runs, pythons, strict=True) if python in own
        )
    )
    return replace(
        first,
        suffix="",
        cells=tuple(cell for run in runs for cell in run.cells),
        missing=tuple(missing),
        may_fail=tuple(may_fail),
        missing_is_error=any(run.missing_is_error for run in runs),
        notes=tuple(dict.fromkeys(note for run in runs for note in run.notes)),
    )

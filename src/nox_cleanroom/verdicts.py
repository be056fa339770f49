"""The verdicts on the commits of a range, each from the record of a run."""

from __future__ import annotations

from nox_cleanroom.changes import Attribution
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Outcome, worst
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Run


@dataclass(frozen=True, kw_only=True)
class CommitVerdict:
    """The verdict on one commit of a range."""

    #: Its object id, and the first line of its message.
    commit: str = ""
    subject: str = ""
    outcome: Outcome
    codes: tuple[Code, ...] = ()
    #: The worst that was found, in one sentence; empty when nothing is bad.
    reason: str = ""
    #: When it was tested, in seconds since the epoch.
    tested_at: float = 0.0
    #: How long it took, in seconds.
    duration: float = 0.0
    #: The commit whose verdict was used, because both install the same; empty when it was tested.
    like: str = ""

    @classmethod
    def of(cls, run: Run) -> CommitVerdict:
        """The verdict of a run on its commit."""
        problems = [one.message for cell in run.cells for one in cell.problems]
        bad = (
            f"{one.check}: {one.subject}: {one.message}"
            for cell in run.cells
            for one in cell.findings
            if one.outcome.is_bad and not one.waived
        )
        warnings = (
            f"{one.check}: {one.subject}: {one.message}"
            for cell in run.cells
            for one in cell.findings
            if one.outcome is Outcome.WARNED and not one.waived
        )
        return cls(
            commit=run.subject.commit,
            outcome=run.outcome,
            codes=tuple(sorted(run.codes, key=lambda code: code.name)),
            reason=next(iter([*problems, *bad, *warnings]), ""),
        )

    @property
    def is_bad(self) -> bool:
        """Whether it fails a run."""
        return any(code.exit_status for code in self.codes)


@dataclass(frozen=True, kw_only=True)
class RangeVerdict:
    """The verdicts on the commits of a range."""

    #: The session, such as ``smoke-3.12``, and the requested range.
    session: str
    rev: str
    #: How many commits are in the range.
    total: int
    #: Those that were tested, the oldest first.
    tested: tuple[CommitVerdict, ...]
    #: The commits that may be the first bad one; None when that was not asked.
    suspects: tuple[str, ...] | None = None
    #: The changes in the checkout during the run.
    changes: tuple[Attribution, ...] = ()
    notes: tuple[str, ...] = ()
    #: How long it took, in seconds.
    duration: float = 0.0

    @property
    def dirtied(self) -> tuple[Attribution, ...]:
        """The changes that fail the run."""
        return tuple(change for change in self.changes if not change.is_note)

    @property
    def bad(self) -> tuple[CommitVerdict, ...]:
        """The commits that fail the run: all bad ones, or the first one that was searched for."""
        found = (one for one in self.tested if one.is_bad)
        if self.suspects is None:
            return tuple(found)
        return tuple(one for one in found if one.commit in self.suspects)

    @property
    def codes(self) -> set[Code]:
        """The codes of all problems."""
        codes = {code for one in self.bad for code in one.codes}
        return codes | ({Code.DIRTY_REPO_POST} if self.dirtied else set())

    @property
    def deciding_codes(self) -> set[Code]:
        """The codes that decide the exit status: a bad package before what cannot be tested."""
        at_fault = {code for code in self.codes if code.exit_status in {1, 30}}
        return at_fault or self.codes

    @property
    def outcome(self) -> Outcome:
        """The worst outcome that counts; FAILED if the checkout changed."""
        counting = self.tested if self.suspects is None else self.bad
        outcomes = [one.outcome for one in counting if one.outcome is not Outcome.SKIPPED]
        return worst([*outcomes, *([Outcome.FAILED] if self.dirtied else [])])

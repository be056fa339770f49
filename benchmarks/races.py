"""What is compared with what, on which subject, how often, and how it should come out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import contenders as c
import subjects as s
from contenders import Contender
from subjects import Subject

#: How two medians are compared: one divided by the other, one less the other, or ours alone.
How = Literal["ratio", "difference", "value"]

#: The set-ups that races are run in.
Setup = Literal["memory", "disk", "shims"]

_MS = 1e-3
_MB = 1e6


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison: something of ours, something of others', and the target."""

    ours: Contender
    #: None where ours is compared with a number alone.
    theirs: Contender | None = None
    #: Ratio, seconds or bytes; None for what is shown for context.
    at_most: float | None = None
    how: How = "ratio"
    #: What is measured of ours, and of theirs.
    measure: str = "wall"
    their_measure: str = "wall"
    #: What it may be where ``--check`` looks, on a shared machine: well above what it was when
    #: this was written, whatever the target. None where ``--check`` does not look.
    guard: float | None = None


@dataclass(frozen=True, kw_only=True)
class Race:
    """Contenders that take turns on one subject, and the comparisons that come of it."""

    name: str
    subject: Subject
    rows: tuple[Row, ...]
    #: How often each contender runs.
    rounds: int = 9
    #: How many rounds before those do not count.
    warm_up: int = 1
    #: Where it is run: in memory, on a disk, or on a disk with pyenv's shims first on ``PATH``.
    setup: Setup = "memory"
    #: Whether only `--all` runs it, because all of it takes too long for every day.
    is_further: bool = False

    @property
    def about(self) -> str:
        """The subject, and where it lies, for people."""
        return (
            self.subject.about
            + {"memory": "", "disk": ", disk", "shims": ", disk, shims"}[self.setup]
        )

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """Everybody who is in a row, in the order of the rows."""
        everybody = (one for row in self.rows for one in (row.ours, row.theirs) if one)
        return tuple(dict.fromkeys(everybody))

    def for_check(self, rounds: int) -> Race:
        """The race without the rows that ``--check`` does not look at."""
        return replace(self, rows=tuple(row for row in self.rows if row.guard), rounds=rounds)


def _matrix(
    subject: Subject,
    rounds: int,
    *more: Row,
    warm_up: int = 1,
    guard: float | None = None,
    is_further: bool = False,
) -> Race:
    return Race(
        name=f"matrix-{subject.name}",
        subject=subject,
        is_further=is_further,
        rounds=rounds,
        warm_up=warm_up,
        rows=(
            Row(ours=c.MATRIX_COLD, theirs=c.TOX_UV, at_most=0.9),
            Row(ours=c.MATRIX_WARM, theirs=c.TOX_UV_REUSED, at_most=0.9),
            Row(ours=c.MATRIX_COLD, theirs=c.BARE, at_most=1.2, guard=guard),
            *more,
        ),
    )


def _smoke(
    subject: Subject,
    *,
    guards: tuple[float, float] | None = None,
    is_further: bool = False,
) -> Race:
    cold, warm = guards or (None, None)
    return Race(
        name=f"smoke-{subject.name}",
        subject=subject,
        is_further=is_further,
        rows=(
            Row(ours=c.SMOKE_COLD, theirs=c.NOX_UV, at_most=0.9, guard=cold),
            Row(ours=c.SMOKE_WARM, theirs=c.NOX_UV, at_most=0.6, guard=warm),
        ),
    )


def _snapshots(
    subject: Subject,
    *more: Row,
    guards: tuple[float, float] | None = None,
    is_further: bool = False,
) -> Race:
    first, further = guards or (None, None)

    def row(measure: str, at_most: float, guard: float | None) -> Row:
        return Row(
            ours=c.SNAPSHOTS,
            theirs=c.GIT_STATUS,
            at_most=at_most,
            measure=measure,
            guard=guard,
        )

    return Race(
        name=f"snapshots-{subject.name}",
        subject=subject,
        is_further=is_further,
        rows=(row("first", 4, first), row("further", 1.5, further), *more),
    )


def _real(
    subject: Subject, setup: Setup, *, is_guarded: bool = False, is_further: bool = False
) -> Race:
    """A released package, as its users' maintainers have it."""

    def guard(factor: float) -> float | None:
        return factor if is_guarded else None

    return Race(
        name=f"{subject.name}-{setup}",
        subject=subject,
        setup=setup,
        is_further=is_further,
        rows=(
            Row(ours=c.REAL_WARM, theirs=c.TOX_UV_REUSED, at_most=0.85, guard=guard(2.0)),
            Row(ours=c.REAL_COLD, theirs=c.TOX_UV, at_most=1.0, guard=guard(2.6)),
            Row(ours=c.REAL_COLD_WITHOUT_SDIST, theirs=c.TOX_UV, at_most=0.85),
            Row(ours=c.REAL_SMOKE_WARM, theirs=c.NOX_UV, at_most=0.5, guard=guard(1.5)),
            Row(ours=c.REAL_SMOKE_COLD, theirs=c.NOX_UV, at_most=0.85),
        ),
    )


#: Where a run takes long there are few, and none to warm up: what is no further race takes twelve
#: minutes.
RACES = (
    *(_real(one, "memory", is_guarded=True) for one in s.GUARDED),
    *(_real(one, "memory", is_further=True) for one in s.REAL if one not in s.GUARDED),
    *(_real(one, "disk", is_further=one is not s.PACKAGING) for one in s.REAL),
    _real(s.PACKAGING, "shims"),
    Race(
        name="faker-memory",
        subject=s.FAKER,
        rows=(Row(ours=c.REAL_WARM, theirs=c.TOX_UV_REUSED, at_most=1.0),),
    ),
    _matrix(
        s.TINY,
        9,
        Row(ours=c.MATRIX_COLD_WITHOUT_SDIST, theirs=c.TOX_UV),
        Row(ours=c.MATRIX_COLD, theirs=c.NOX_UV_PARALLEL),
        guard=4.0,
    ),
    _matrix(s.EXTENSION, 3, warm_up=0, is_further=True),
    _matrix(
        s.FILES_5000,
        9,
        Row(ours=c.MATRIX_COLD_WITHOUT_SDIST, theirs=c.BARE, at_most=1.5),
        Row(ours=c.MATRIX_COLD, theirs=c.BARE_WITH_SDIST, at_most=1.5),
    ),
    _smoke(s.TINY, guards=(2.0, 1.2)),
    _smoke(s.FILES_5000, is_further=True),
    _snapshots(s.FILES_5000, guards=(9.0, 5.0)),
    _snapshots(
        s.FILES_50000,
        Row(ours=c.MEMORY, how="value", at_most=150 * _MB, measure="peak"),
        is_further=True,
    ),
    Race(
        name="interpreter",
        subject=s.TINY,
        is_further=True,
        rows=(
            Row(
                ours=c.FURTHER,
                theirs=c.BARE_INTERPRETER,
                at_most=1.5,
                measure="cpu",
                their_measure="cpu",
            ),
        ),
    ),
    Race(
        name="install",
        subject=s.ATTRS,
        is_further=True,
        rows=(
            Row(ours=c.INSTALL_COLD, theirs=c.NOX_UV_IN_TURN, at_most=0.5),
            Row(ours=c.INSTALL_WARM, theirs=c.NOX_UV_IN_TURN),
            Row(ours=c.INSTALL_COLD, theirs=c.TOX_UV_IN_TURN),
        ),
    ),
    # Four times the cells, so at most four times 1.1.
    Race(
        name="sixteen",
        subject=s.AXES,
        rounds=9,
        rows=(Row(ours=c.MATRIX_OF_SIXTEEN, theirs=c.MATRIX_OF_FOUR, at_most=4.4),),
    ),
    Race(
        name="start",
        subject=s.TINY,
        rounds=15,
        rows=(
            Row(
                ours=c.IMPORT,
                theirs=c.IMPORT_NOX,
                how="difference",
                at_most=30 * _MS,
                guard=120 * _MS,
            ),
            Row(ours=c.UNTIL_TESTING, theirs=c.NOX_VERSION, how="difference", at_most=60 * _MS),
            Row(
                ours=c.LIST, theirs=c.LIST_NOX, how="difference", at_most=30 * _MS, guard=120 * _MS
            ),
        ),
    ),
    Race(
        name="without-uv",
        subject=s.TINY,
        is_further=True,
        rounds=3,
        warm_up=0,
        rows=(
            Row(ours=c.MATRIX_WITHOUT_UV, theirs=c.NOX_PIP, at_most=0.5),
            Row(ours=c.MATRIX_WITHOUT_UV_WARM, theirs=c.NOX_PIP, at_most=0.5),
            Row(ours=c.MATRIX_WITHOUT_UV_WITHOUT_SDIST, theirs=c.NOX_PIP),
            Row(ours=c.MATRIX_WITHOUT_UV, theirs=c.TOX),
        ),
    ),
)

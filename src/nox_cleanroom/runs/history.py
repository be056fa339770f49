"""The commits of a range, each tested, or the first bad one found.

A verdict is used again for a day, when nothing that the checks see has changed: the files of the
commit, or what its wheel installs.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

from nox_cleanroom._version import __version__
from nox_cleanroom.build.source_tree import Source
from nox_cleanroom.checkout import ranges
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.environments.environment import installed_versions
from nox_cleanroom.errors import CleanroomError, Code, InterruptedRunError
from nox_cleanroom.findings import Outcome, Problem
from nox_cleanroom.places import deletion
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.places.layout import digest_key
from nox_cleanroom.probes.installation import Installation
from nox_cleanroom.processes import variables
from nox_cleanroom.records import dataclass
from nox_cleanroom.reports.encoding import decode, encode
from nox_cleanroom.results import Run
from nox_cleanroom.runs.cell import RunningCell
from nox_cleanroom.runs.opening import packages_of_project
from nox_cleanroom.runs.run import OpenRun
from nox_cleanroom.runs.siblings import wheels_of
from nox_cleanroom.runs.smoke import smoke
from nox_cleanroom.verdicts import CommitVerdict, RangeVerdict

#: How long a verdict is used again, in seconds: new versions of requirements appear.
_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class History:
    """Tests commits on one interpreter, each once."""

    run: OpenRun
    python: str
    #: Called before a commit is tested, with what to say.
    announce: Callable[[str], None]
    #: Called with the record of each commit that was tested.
    keep: Callable[[Run], None]
    #: The commits that were tested, by their object ids.
    tested: dict[str, CommitVerdict] = field(default_factory=dict)

    def test_all(self, *, stops_at_first: bool) -> None:
        """Test each commit of the range, the oldest first.

        Args:
            stops_at_first: whether to stop after the first bad one.
        """
        for oid in self.run.commits:
            if self.test(oid).is_bad and stops_at_first:
                return

    def find_first_bad(self) -> tuple[str, ...]:
        """The commits that may be the first bad one: one, unless some cannot be tested.

        The commits before the range are taken for good; none is returned when the last is good.
        """
        checkout, bad = self.run.source.checkout, self.run.commits[-1]
        good, skipped = [*ranges.excluded_by(checkout, self.run.request.options.rev)], set[str]()
        if not self.test(bad).is_bad:
            return ()
        while oid := ranges.middle(checkout, bad, good, skipped):
            tested = self.test(oid)
            if tested.outcome in {Outcome.ERROR, Outcome.SKIPPED}:
                skipped.add(oid)
            elif tested.is_bad:
                bad = oid
            else:
                good.append(oid)
        return ranges.suspects(checkout, bad, good) if skipped else (bad,)

    def record(self, suspects: tuple[str, ...] | None) -> RangeVerdict:
        """The record of what was tested.

        Args:
            suspects: the commits that may be the first bad one; None when that was not asked.
        """
        run = self.run
        in_order = (self.tested[oid] for oid in run.commits if oid in self.tested)
        return RangeVerdict(
            session=f"smoke{run.request.suffix}-{self.python}",
            rev=run.request.options.rev,
            total=len(run.commits),
            tested=tuple(in_order),
            suspects=suspects,
            changes=run.watch.changes,
            notes=run.notes,
            duration=time.monotonic() - run.epoch,
        )

    def test(self, oid: str) -> CommitVerdict:
        """Test a commit, unless the same was tested before; commits that cannot be are errors.

        Raises:
            InterruptedRunError: the run is being ended.
        """
        begun = time.monotonic()
        commit = self.run.source.checkout.commit(oid)
        self.announce(f"testing {commit.short} ({commit.subject})")
        try:
            found = self._test(commit)
        except InterruptedRunError:
            raise
        except CleanroomError as error:
            problem = Problem.from_error(error)
            found = CommitVerdict(
                outcome=problem.outcome, codes=(problem.code,), reason=problem.message
            )
        seconds = time.monotonic() - begun
        about = replace(found, commit=oid, subject=commit.subject, duration=seconds)
        self.tested[oid] = about
        return about

    def _test(self, commit: Commit) -> CommitVerdict:
        source = self.run.source
        begun = replace(
            self.run,
            epoch=time.monotonic(),
            started_at=datetime.now(timezone.utc),
            packages=packages_of_project(self.run.request, source.checkout, commit, source.project),
        )
        run = begun.of(
            Source.read(
                source.checkout, commit, source.project, timeout_seconds=source.timeout_seconds
            )
        )
        cell = RunningCell.start(run, self.python, run.variants[0])
        cell.name = f"{cell.name} · {commit.short}"
        verdicts = _Verdicts(cell)
        known = verdicts.of_tree()
        if known is not None:
            return known
        smoke(cell, wheels_of(run), is_known=verdicts.is_known)
        if verdicts.known is not None:
            verdicts.remember()
            return verdicts.known
        record = replace(run.finish([cell.record()]), changes=())
        self.keep(record)
        found = replace(CommitVerdict.of(record), tested_at=time.time())
        verdicts.remember(found)
        return found


class _Verdicts:
    """What is known of the verdict on a cell, from an earlier test of the same.

    Args:
        cell: the cell.
    """

    def __init__(self, cell: RunningCell) -> None:
        self._cell = cell
        self._place = cell.run.home.path / "verdicts"
        self._content_key = ""
        #: The verdict on a wheel with the same content.
        self.known: CommitVerdict | None = None

    def of_tree(self) -> CommitVerdict | None:
        """The verdict on a commit with the same files; None where git decides on the version."""
        return self._find(self._tree_key) if self._tree_key else None

    def is_known(self, installation: Installation) -> bool:
        """Whether there is a verdict on a wheel that installs the same, with the same versions."""
        settings, tests = installation.settings, installation.settings.tests
        if tests.requires or tests.groups or tests.extras:
            # Their versions are known only when they are installed.
            return False
        if self._cell.run.packages:
            # The siblings that are installed may have another content.
            return False
        wheel = installation.wheel
        contents = {name: digest for name, digest in wheel.digests.items() if name != self._record}
        files = self._tree if settings.need_worktree else ""
        self._content_key = self._key(contents, installed_versions(installation.facts), files)
        self.known = self._find(self._content_key)
        return self.known is not None

    @property
    def _record(self) -> str:
        assert self._cell.stored is not None  # noqa: S101 - it is installed
        return f"{self._cell.stored.wheel.dist_info}/RECORD"

    @cached_property
    def _tree(self) -> str:
        """The object id of all files of the commit."""
        source = self._cell.run.source
        return source.checkout.must("rev-parse", f"{source.commit.oid}^{{tree}}").decode().strip()

    @cached_property
    def _tree_key(self) -> str:
        run = self._cell.run
        project = run.source.pyproject.get("project")
        states_version = isinstance(project, dict) and isinstance(project.get("version"), str)
        if not states_version or run.tracked.has_version_from_git:
            return ""
        inputs = replace(run.build_inputs, commit=self._tree, refs=(), branches="")
        return self._key(encode(inputs))

    def _key(self, *parts: object) -> str:
        """The key of a verdict, from what makes it and what the checks see besides."""
        run, cell = self._cell.run, self._cell
        python = run.environments.pythons.find(cell.python)
        seen = (
            __version__,
            cell.python if python is None else repr(python.identity),
            encode(cell.variant),
            encode(run.source.settings),
            encode(run.tracked),
            run.request.options.strict,
            run.request.install_only,
            run.request.timeout_seconds,
            run.request.backend,
            variables.seen_by_probes(run.request.env, run.source.settings.pass_env),
            run.installers.uv_toml,
            sorted(map(repr, run.watch.uncommitted)),
        )
        text = json.dumps([seen, parts], sort_keys=True, default=str)
        return hmac.new(digest_key(), text.encode(), hashlib.sha256).hexdigest()[:20]

    def _find(self, key: str) -> CommitVerdict | None:
        if self._cell.run.request.options.rebuild:
            return None
        with contextlib.suppress(OSError, ValueError, RecursionError):
            text = (self._place / f"{key}.json").read_text("ascii")
            found: CommitVerdict = decode(CommitVerdict, json.loads(text))
            if found.tested_at > time.time() - _KEPT_SECONDS:
                return replace(found, like=found.like or found.commit)
        return None

    def remember(self, found: CommitVerdict | None = None) -> None:
        """Keep a verdict, or use that of the same wheel for the commit's files, too."""
        about = found or self.known
        if about is None or about.outcome is Outcome.ERROR or Code.TIMEOUT in about.codes:
            # It may be another one next time.
            return
        text = json.dumps(encode(about)).encode("ascii")
        self._place.mkdir(exist_ok=True)
        for key in filter(None, (self._tree_key, self._content_key)):
            write_whole(self._place / f"{key}.json", text)
        for path in self._outdated():
            deletion.tidy(self._cell.run.home, path)

    def _outdated(self) -> Iterator[Path]:
        for path in self._place.iterdir():
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
                    yield path

"""The project at the commit under test, and where it is checked out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from nox_cleanroom.build.clone import create_clone
from nox_cleanroom.build.project import require_project
from nox_cleanroom.build.worktree import Worktree, create_worktree, missing_submodules
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.config.pythons import files_in, stated_by, stated_in, supported_by
from nox_cleanroom.config.settings import Settings
from nox_cleanroom.errors import BuildError, CleanroomError, PythonExcludedError
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Source:
    """The project at the commit under test."""

    checkout: Checkout
    commit: Commit
    #: The project's directory, relative to the top level.
    project: str
    #: The commit's ``pyproject.toml``; empty when it has none.
    pyproject: Mapping[str, Any]
    settings: Settings
    #: Seconds that git may take to fill a worktree.
    timeout_seconds: float

    @classmethod
    def read(
        cls, checkout: Checkout, commit: Commit, project: str, *, timeout_seconds: float
    ) -> Source:
        """The project in a directory of a commit.

        Raises:
            CleanroomError: there is no project, or its settings cannot be used.
        """
        require_project(checkout, commit, project)
        path = "pyproject.toml" if project == "." else f"{project}/pyproject.toml"
        text = checkout.read_file(commit, path) or ""
        source = f"{path} of {commit.short}"
        return cls(
            checkout=checkout,
            commit=commit,
            project=project,
            pyproject=parse_toml(text, source),
            settings=Settings.from_pyproject(text, source),
            timeout_seconds=timeout_seconds,
        )

    @cached_property
    def supported(self) -> list[str]:
        """The Pythons that the project supports at the commit, oldest first, such as ``3.11``."""
        prefix = "" if self.project == "." else f"{self.project}/"
        return supported_by(
            lambda name: self.checkout.read_file(self.commit, f"{prefix}{name}") or ""
        )

    @cached_property
    def missing_submodules(self) -> tuple[str, ...]:
        """Submodules of the commit that the checkout's own repositories cannot fill."""
        return missing_submodules(self.checkout, self.commit)

    def worktree(self, workspace: Workspace) -> AbstractContextManager[Worktree]:
        """A new worktree at the commit, which is removed when the block ends.

        For a commit that the repository does not have it is a clone: with a worktree at such a
        commit, the user's `git gc` would fail.
        """
        if self.checkout.objects is not None:
            return self.clone(workspace)
        return create_worktree(
            self.checkout,
            self.commit,
            workspace,
            subdirectory=self.project,
            timeout=self.timeout_seconds,
        )

    def clone(self, workspace: Workspace) -> AbstractContextManager[Worktree]:
        """A fresh clone at the commit, which is removed when the block ends."""
        return create_clone(
            self.checkout,
            self.commit,
            workspace,
            subdirectory=self.project,
            timeout=self.timeout_seconds,
        )

    def require_python(self, version: str, tree: Worktree | None = None) -> None:
        """Make sure that Requires-Python admits a version of Python.

        Args:
            version: in full, such as ``3.11.7``.
            tree: the project's files, which may state it elsewhere; None to read only
                ``pyproject.toml``.

        Raises:
            PythonExcludedError: Requires-Python excludes it.
        """
        with contextlib.suppress(InvalidSpecifier):
            stated = (
                stated_in(self.pyproject) if tree is None else stated_by(files_in(tree.project))
            )
            require_admitted(stated, version)


def newest_with_project(checkout: Checkout, commits: Sequence[str], project: str) -> str:
    """The newest of some commits, the oldest first, that has a project with valid settings.

    Raises:
        CleanroomError: none has; the reason is that of the newest.
    """
    failure: CleanroomError | None = None
    for oid in reversed(commits):
        try:
            Source.read(checkout, checkout.commit(oid), project, timeout_seconds=0)
        except CleanroomError as error:
            failure = failure or error
        else:
            return oid
    assert failure is not None  # noqa: S101 - at least one commit was read
    raise failure


def require_admitted(specifier: SpecifierSet | None, version: str) -> None:
    """Make sure that a Requires-Python admits an interpreter.

    Raises:
        PythonExcludedError: Requires-Python excludes it.
    """
    if specifier is not None and not specifier.contains(version, prereleases=True):
        raise PythonExcludedError(str(specifier), version)


@contextlib.contextmanager
def naming_submodules(tree: Worktree) -> Iterator[None]:
    """A block in which the error of a failed build names the submodules that are empty."""
    try:
        yield
    except BuildError as error:
        if tree.missing_submodules:
            names = ", ".join(tree.missing_submodules)
            error.hint = (
                f"These submodules are empty: {names}; `git submodule update --init --recursive`"
                f" fills them in the checkout, from where they are taken. {error.hint}"
            )
        raise

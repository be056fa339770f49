"""A fresh clone at a commit, in which a build that failed in a worktree is tried once more.

Only this trial shows whether the package or our worktree is at fault.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from nox_cleanroom.build.worktree import Worktree, fill
from nox_cleanroom.checkout import git
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.errors import CleanroomError, Code, InterruptedRunError, WorktreeError
from nox_cleanroom.places.deletion import delete
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.processes.interruption import shielded
from nox_cleanroom.processes.process import Completed
from nox_cleanroom.records import dataclass
from nox_cleanroom.steps import Steps


@contextlib.contextmanager
def create_clone(
    checkout: Checkout,
    commit: Commit,
    workspace: Workspace,
    *,
    subdirectory: str = ".",
    timeout: float | None = None,
) -> Iterator[Worktree]:
    """A clone at `commit`, with its submodules, that is removed when the block ends.

    Its HEAD is detached, like that of a worktree. It borrows the checkout's objects, which costs
    nothing (``git clone --shared``).

    Args:
        checkout: the repository.
        commit: what to check out.
        workspace: where to put it.
        subdirectory: the project's directory, relative to the top level.
        timeout: seconds that git may take to clone, and as many again to fill the clone.

    Raises:
        WorktreeError: git failed to make or fill the clone, or took too long.
        InterruptedRunError: the whole run is being ended.
    """
    directory = workspace.directory("clone")
    try:
        done = _clone(checkout, directory, timeout)
        # `checkout --detach` would write files, run hooks and obey a sparse checkout.
        detached = (
            done.succeeded
            and not git.ask(directory, "update-ref", "--no-deref", "HEAD", commit.oid).returncode
        )
        if not detached:
            raise WorktreeError("Git could not make a fresh clone.", output=done.output.strip())
        missing = fill(checkout, commit, directory, workspace, timeout)
        yield Worktree(root=directory, project=directory / subdirectory, missing_submodules=missing)
    finally:
        if not workspace.keep:
            with shielded():
                delete(workspace.owned, directory)


def _clone(checkout: Checkout, directory: Path, timeout: float | None) -> Completed:
    """Clone into a directory; the clone borrows the objects, also those of a pending commit."""
    done = git.clone(checkout.common_dir, directory, timeout_seconds=timeout)
    if done.succeeded and checkout.objects is not None:
        alternates = directory / ".git" / "objects" / "info" / "alternates"
        with alternates.open("ab") as file:
            file.write(os.fsencode(checkout.objects) + b"\n")
    return done


#: What a trial has shown: the build fails there, too, it succeeds, or no trial was possible.
Shown = Literal["the same", "success", "nothing"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The result of a build in a fresh clone."""

    shown: Shown
    #: The Python that ran the trial.
    python: str
    #: The end of the backend's output where it succeeded.
    output: str = ""


class Trials:
    """The trials of a run; a build that fails in a fresh clone is not tried again.

    Args:
        clone: makes a fresh clone, and removes it when the block ends.
    """

    def __init__(self, clone: Callable[[], contextlib.AbstractContextManager[Worktree]]) -> None:
        self._clone = clone
        self._known: dict[str, Trial] = {}

    def of(self, what: str, python: str, build: Callable[[Path], str], steps: Steps) -> Trial:
        """The result of a build in a fresh clone, also when another cell has tried it.

        Args:
            what: what is built, such as ``sdist``.
            python: the Python that builds.
            build: builds it from the project in a directory; returns the backend's output.
            steps: keeps the record of the cell.

        Raises:
            InterruptedRunError: the whole run is being ended.
        """
        known = self._known.get(what)
        if known is None or known.shown == "success":
            known = self._known[what] = self._try(python, build, steps)
        return known

    def _try(self, python: str, build: Callable[[Path], str], steps: Steps) -> Trial:
        with contextlib.ExitStack() as stack:
            try:
                with steps.action("make a fresh clone"):
                    project = stack.enter_context(self._clone()).project
            except InterruptedRunError:
                raise
            except (CleanroomError, OSError):
                return Trial(shown="nothing", python=python)
            try:
                return Trial(shown="success", python=python, output=build(project))
            except InterruptedRunError:
                raise
            except CleanroomError as error:
                is_same = error.code is Code.BUILD_FAILED
                return Trial(shown="the same" if is_same else "nothing", python=python)

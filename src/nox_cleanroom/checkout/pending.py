"""A commit of what is staged, or of what lies in the checkout; the repository stays as it is.

Git writes the new objects to a private directory, and finds all others in the repository. The
commit always has the same author, date and message, so that equal content has an equal object id.
(``GIT_OBJECT_DIRECTORY``, https://git-scm.com/docs/git#_environment_variables)
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from nox_cleanroom.checkout import git
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.ranges import commits_in
from nox_cleanroom.config.options import STAGED, WORKING_TREE
from nox_cleanroom.errors import Code, RepositoryError

#: The message of such a commit.
_MESSAGES: Mapping[str, str] = {STAGED: "what is staged", WORKING_TREE: "the working tree"}

#: The variables that make equal content an equal commit.
ALWAYS = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (
        ("NAME", "nox-cleanroom"),
        ("EMAIL", "nox-cleanroom@localhost"),
        ("DATE", "2000-01-01T00:00:00Z"),
    )
}


def resolve(
    checkout: Checkout, rev: str, place: Path, env: Mapping[str, str]
) -> tuple[Checkout, str]:
    """The object id of what a revision names, and the checkout that finds it.

    Of a range it is the last commit.

    Args:
        checkout: the checkout.
        rev: a revision, `STAGED` or `WORKING_TREE`.
        place: an empty directory for the index and the objects of the latter two.
        env: the user's variables. A hook of `git commit -a` has another index than the checkout.

    Raises:
        RepositoryError: there is no such commit, or the index has conflicts.
    """
    if rev not in _MESSAGES:
        commits = commits_in(checkout, rev)
        return checkout, commits[-1] if commits else checkout.oid_of(rev)
    index = place / "index"
    with contextlib.suppress(FileNotFoundError):
        # Without an index, nothing is staged.
        own = checkout.root / env.get("GIT_INDEX_FILE", checkout.git_dir / "index")
        shutil.copyfile(own, index)
    objects = place / "objects"
    objects.mkdir()
    pending = replace(checkout, objects=objects)
    own_env = {
        **ALWAYS,
        "GIT_INDEX_FILE": str(index),
        "GIT_OBJECT_DIRECTORY": str(objects),
        **git.borrowing(checkout.common_dir / "objects"),
    }
    if rev == WORKING_TREE:
        _ask(pending, own_env, "add", "--all", "--", ".")
    tree = _ask(pending, own_env, "write-tree")
    parents = [word for parent in _parents(checkout) for word in ("-p", parent)]
    words = ("commit-tree", tree, *parents, "-m", _MESSAGES[rev])
    return pending, _ask(pending, own_env, *words)


def _parents(checkout: Checkout) -> list[str]:
    """HEAD, and in a merge the other sides; none before the first commit."""
    head = checkout.ask("rev-parse", "-q", "--verify", "HEAD^{commit}")
    others: list[str] = []
    with contextlib.suppress(OSError):
        others = (checkout.git_dir / "MERGE_HEAD").read_text(encoding="ascii").split()
    return [*head.stdout.decode().split(), *others]


def _ask(checkout: Checkout, env: Mapping[str, str], *words: str) -> str:
    # Git would write the shared part of a split index into its own directory.
    answer = checkout.ask(*git.configured("core.splitIndex=false"), *words, env=env)
    if answer.returncode == 0:
        return answer.stdout.decode().strip()
    if b"unmerged" in answer.stdout + answer.stderr:
        raise RepositoryError(
            "The index has conflicts, so nothing can be committed.",
            hint="Resolve them and `git add` the files, or test a commit.",
            code=Code.GIT_FAILED,
        )
    raise git.failure(answer)

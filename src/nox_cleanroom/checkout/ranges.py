"""Ranges of commits, such as ``origin/main..``, and the search for the first bad one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from nox_cleanroom.checkout import git
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.errors import Code, RepositoryError


def commits_in(checkout: Checkout, rev: str) -> tuple[str, ...]:
    """The object ids of the commits of a range, oldest first; none for any other revision.

    (https://git-scm.com/docs/gitrevisions#_specifying_ranges)

    Raises:
        RepositoryError: one end of the range does not exist, or there is no commit between them.
    """
    # Two dots may also be in the words that a revision searches for.
    if ".." not in rev or checkout.find_oid(rev):
        return ()
    answer = checkout.ask("rev-list", "--reverse", "--topo-order", "--end-of-options", rev, "--")
    if answer.returncode != 0:
        raise git.unresolved(checkout.root, rev)
    if not answer.stdout:
        raise RepositoryError(
            f"There is no commit in {rev!r}.",
            hint=f"`git log --oneline {rev}` lists them; is the branch pushed, or merged?",
            code=Code.REVISION_UNKNOWN,
        )
    return tuple(answer.stdout.decode("ascii").split())


def excluded_by(checkout: Checkout, rev: str) -> tuple[str, ...]:
    """The commits before a range, which a search for the first bad commit takes for good."""
    words = checkout.must("rev-parse", "--revs-only", rev).decode("ascii").split()
    return tuple(word[1:] for word in words if word.startswith("^"))


def middle(checkout: Checkout, bad: str, good: Iterable[str], skipped: Collection[str]) -> str:
    """The commit whose test halves the commits that may be the first bad one; empty for none.

    Args:
        checkout: the repository.
        bad: a commit that is bad.
        good: commits that are good, with all before them.
        skipped: commits that cannot be tested.
    """
    words = ("rev-list", "--bisect-all", bad, *(f"^{oid}" for oid in good))
    lines = checkout.must(*words).decode("utf-8", "replace").splitlines()
    found = (line.split()[0] for line in lines)
    return next((oid for oid in found if oid != bad and oid not in skipped), "")


def suspects(checkout: Checkout, bad: str, good: Iterable[str]) -> tuple[str, ...]:
    """The commits that may be the first bad one."""
    words = ("rev-list", bad, *(f"^{oid}" for oid in good))
    return tuple(checkout.must(*words).decode("ascii").split())

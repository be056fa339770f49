"""Ranges of commits in real histories, and the search for the first bad one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import commit_all, git

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.ranges import commits_in, excluded_by, middle, suspects
from nox_cleanroom.errors import Code, RepositoryError

Make = Callable[..., Path]


@pytest.fixture
def root(repository: Make) -> Path:
    """Three commits after the tag `v1`; the last is a merge of a branch with one more."""
    root = repository()
    git(root, "tag", "v1")
    commit_all(root, "one")
    git(root, "switch", "-qc", "topic", "v1")
    commit_all(root, "aside")
    git(root, "switch", "-q", "main")
    commit_all(root, "two")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "topic")
    return root


def subjects(root: Path, oids: tuple[str, ...]) -> list[str]:
    return [git(root, "log", "-1", "--format=%s", oid).strip() for oid in oids]


def test_the_commits_are_listed_oldest_first(root: Path) -> None:
    found = subjects(root, commits_in(Checkout.find(root), "v1.."))
    assert sorted(found[:-1]) == ["aside", "one", "two"]
    assert found[-1] == "merge"
    assert found.index("one") < found.index("two")


@pytest.mark.parametrize("rev", ["HEAD", "v1", ":/o..o", "nothing-of-this-name"])
def test_what_is_no_range_has_no_commits(root: Path, rev: str) -> None:
    commit_all(root, "foo..bar o..o")
    assert Checkout.find(root).oid_of(":/o..o") == git(root, "rev-parse", "HEAD").strip()
    assert commits_in(Checkout.find(root), rev) == ()


@pytest.mark.parametrize(
    ("rev", "words"),
    [
        ("main..main", "There is no commit in 'main..main'."),
        ("main..", "There is no commit in 'main..'."),
        ("nix..main", "'nix..main' is no commit"),
        ("main..nix", "'main..nix' is no commit"),
        ("-x..main", "'-x..main' is no commit"),
    ],
)
def test_an_empty_range_and_an_unknown_end_are_errors(root: Path, rev: str, words: str) -> None:
    with pytest.raises(RepositoryError) as caught:
        commits_in(Checkout.find(root), rev)
    assert words in caught.value.message
    assert caught.value.code is Code.REVISION_UNKNOWN


def test_a_range_of_an_unborn_branch_is_an_error(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(RepositoryError):
        commits_in(Checkout.find(tmp_path), "HEAD~3..")


@pytest.mark.parametrize("first_bad", range(1, 33))
def test_the_first_bad_commit_is_found_in_few_steps(
    tmp_path_factory: pytest.TempPathFactory, line: Path, first_bad: int
) -> None:
    checkout = Checkout.find(line)
    commits = commits_in(checkout, "start..")
    bad, good, steps = commits[-1], [*excluded_by(checkout, "start..")], 0
    while oid := middle(checkout, bad, good, ()):
        steps += 1
        if commits.index(oid) + 1 >= first_bad:
            bad = oid
        else:
            good.append(oid)
    assert commits.index(bad) + 1 == first_bad
    assert suspects(checkout, bad, good) == (bad,)
    assert steps <= 5


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A line of 32 commits after the tag `start`."""
    root = tmp_path_factory.mktemp("line")
    git(root, "init", "-q")
    for name, value in (("user.name", "A Tester"), ("user.email", "tester@example.org")):
        git(root, "config", name, value)
    for number in range(33):
        commit_all(root, str(number))
        if not number:
            git(root, "tag", "start")
    return root


def test_commits_that_cannot_be_tested_are_left_out(root: Path) -> None:
    checkout = Checkout.find(root)
    *others, last = commits_in(checkout, "v1..")
    good = excluded_by(checkout, "v1..")
    assert middle(checkout, last, good, others) == ""
    assert set(suspects(checkout, last, good)) == {*others, last}

"""The submodules of a commit, recursively, with their repositories in the checkout."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Submodule:
    """A submodule of a commit, or of one of its submodules."""

    #: Its path, relative to the top level.
    path: str
    #: Its commit.
    oid: str
    #: The git directory in the checkout that contains the commit; None if there is none.
    repository: Path | None
    #: The usual path of its repository, relative to the git directory of the checkout.
    place: str


def find_submodules(checkout: Checkout, commit: Commit) -> tuple[Submodule, ...]:
    """The submodules of a commit, each before its own ones, which only its repository tells.

    Git is called once per commit, so that a second call of this function is cheap.
    """
    # A linked worktree may have its own repositories of submodules.
    keeping = (checkout.git_dir, checkout.common_dir)
    top = Submodule(path="", oid=commit.oid, repository=None, place="")
    return tuple(_submodules_of(checkout, top, keeping))


def _submodules_of(
    checkout: Checkout, parent: Submodule, keeping: Sequence[Path]
) -> Iterator[Submodule]:
    """The submodules of a submodule, or of the checkout, and their own ones.

    Args:
        checkout: the checkout.
        parent: the submodule; one without a path stands for the checkout.
        keeping: the git directories that may contain those of its submodules.
    """
    links = checkout.gitlinks(parent.oid, parent.repository) or {}
    names = checkout.submodule_names(parent.oid, parent.repository) if links else {}
    for inner, oid in links.items():
        name = _safe_name(names.get(inner, inner), inner)
        path = f"{parent.path}/{inner}".lstrip("/")
        usual = [directory / "modules" / name for directory in keeping]
        found = tuple(_repositories(checkout.root / path, usual))
        holding = (one for one in found if checkout.gitlinks(oid, one) is not None)
        repository, place = next(holding, None), f"{parent.place}/modules/{name}".lstrip("/")
        submodule = Submodule(path=path, oid=oid, repository=repository, place=place)
        yield submodule
        if repository is not None:
            yield from _submodules_of(checkout, submodule, found)


def _safe_name(name: str, path: str) -> str:
    """A submodule's name, or its path if the name would lead out of git's directory.

    The name is what somebody committed. Git refuses such names (`submodule-config.c`,
    `check_submodule_name`); a path in a tree is safe.
    """
    parts = name.replace("\\", "/").split("/")
    return path if {"", "..", "."} & {*parts} else name


def _repositories(work_tree: Path, usual: Sequence[Path]) -> Iterator[Path]:
    """The existing git directories of a submodule, that of its working tree first."""
    link = work_tree / ".git"
    own = link
    with contextlib.suppress(OSError, ValueError):
        if link.is_file():
            target = link.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            own = (link.parent / target).resolve()
    yield from dict.fromkeys(one for one in (own, *usual) if one.is_dir())

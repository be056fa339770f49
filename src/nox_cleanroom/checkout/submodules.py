"""The submodules of a commit, and theirs, with the repositories that the checkout has of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.checkout.checkout import Checkout, Commit


@dataclass(frozen=True, kw_only=True)
class Submodule:
    """A submodule of a commit, or of one of its submodules."""

    #: Where it lies, from the top level.
    path: str
    #: The commit that it is at.
    oid: str
    #: The git directory, of those that the checkout has, that holds the commit; None without one.
    repository: Path | None
    #: Where git keeps its repository, from the git directory of the top level.
    place: str


@dataclass(frozen=True, kw_only=True)
class _Parent:
    """Whose submodules are looked for: the checkout at a commit, or one of its submodules."""

    oid: str
    #: The git directory that has the commit; None for the checkout's own.
    repository: Path | None = None
    #: The git directories that may keep those of its submodules.
    keeping: tuple[Path, ...]
    #: What the paths of its submodules begin with.
    prefix: str = ""
    place: str = ""


def find_submodules(checkout: Checkout, commit: Commit) -> tuple[Submodule, ...]:
    """The submodules of a commit, each before its own; of one that is not here no more is known.

    Git is asked once for each commit, so that asking again is cheap.
    """
    # A linked worktree has submodules of its own, or nobody has fetched any there.
    keeping = (checkout.git_dir, checkout.common_dir)
    return tuple(_submodules_of(checkout, _Parent(oid=commit.oid, keeping=keeping)))


def _submodules_of(checkout: Checkout, parent: _Parent) -> Iterator[Submodule]:
    links = checkout.gitlinks(parent.oid, parent.repository) or {}
    names = checkout.submodule_names(parent.oid, parent.repository) if links else {}
    for inner, oid in links.items():
        name, path = _safe_name(names.get(inner, inner), inner), f"{parent.prefix}{inner}"
        usual = [directory / "modules" / name for directory in parent.keeping]
        found = tuple(_repositories(checkout.root / path, usual))
        holding = (one for one in found if checkout.gitlinks(oid, one) is not None)
        repository, place = next(holding, None), f"{parent.place}/modules/{name}".lstrip("/")
        yield Submodule(path=path, oid=oid, repository=repository, place=place)
        if repository is not None:
            inside = _Parent(
                oid=oid, repository=repository, keeping=found, prefix=f"{path}/", place=place
            )
            yield from _submodules_of(checkout, inside)


def _safe_name(name: str, path: str) -> str:
    """A submodule's name, unless it leads elsewhere: who commits says what it is.

    Git refuses such names (`submodule-config.c`, `check_submodule_name`); a path in a tree is safe.
    """
    parts = name.replace("\\", "/").split("/")
    return path if {"", "..", "."} & {*parts} else name


def _repositories(work_tree: Path, usual: Sequence[Path]) -> Iterator[Path]:
    """The git directories that there are of a submodule, its work tree's own first."""
    link = work_tree / ".git"
    own = link
    with contextlib.suppress(OSError, ValueError):
        if link.is_file():
            target = link.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
            own = (link.parent / target).resolve()
    yield from dict.fromkeys(one for one in (own, *usual) if one.is_dir())

"""The files that git tracks at the commit, and modules of the checkout outside of the commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from nox_cleanroom.changes import display
from nox_cleanroom.checkout.checkout import Checkout, Commit


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """The facts about the commit under test that checks need."""

    #: The names of all of its files.
    names: tuple[str, ...]
    #: The project's directory, relative to the top level.
    subdirectory: str
    #: Submodules that are empty.
    missing_submodules: tuple[str, ...]
    #: The build requirements that the project's ``pyproject.toml`` states.
    build_requires: tuple[str, ...]
    has_tags: bool
    #: Whether the repository is a shallow clone.
    is_shallow: bool


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Modules that are in the checkout but not in the commit."""

    #: Their files, relative to the top level.
    paths: tuple[str, ...]

    def file_of(self, module: str) -> str:
        """The file of a module, by the last part of its name; empty when there is none."""
        for path in map(PurePosixPath, self.paths):
            if module == (path.parent.name if path.name == "__init__.py" else path.stem):
                return str(path)
        return ""


def list_tracked(
    checkout: Checkout,
    commit: Commit,
    *,
    refs: Iterable[str],
    subdirectory: str,
    missing_submodules: tuple[str, ...],
    pyproject: Mapping[str, object],
) -> Tracked:
    """Ask git which files it tracks at a commit.

    Args:
        checkout: the repository.
        commit: the commit.
        refs: the names of its refs.
        subdirectory: the project's directory, relative to the top level.
        missing_submodules: submodules that are empty.
        pyproject: the commit's ``pyproject.toml``.
    """
    build_system = pyproject.get("build-system")
    requires = build_system.get("requires", []) if isinstance(build_system, Mapping) else []
    return Tracked(
        names=tuple(checkout.file_names(commit)),
        subdirectory=subdirectory,
        missing_submodules=missing_submodules,
        build_requires=tuple(map(str, requires)) if isinstance(requires, list) else (),
        has_tags=any(name.startswith("refs/tags/") for name in refs),
        is_shallow=checkout.is_shallow,
    )


def find_left_out(checkout: Checkout) -> LeftOut:
    """Ask git which modules of a checkout are uncommitted or ignored."""
    uncommitted = (display(path) for path in sorted(checkout.uncommitted()))
    return LeftOut(
        paths=tuple(
            path
            for path in (*uncommitted, *checkout.ignored_files())
            if path.endswith((".py", ".so", ".pyd"))
        )
    )

"""The packages of real commits: found, changed, and needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import commit_all, git, write_files

from nox_cleanroom.build.packages import (
    changed_packages,
    configured_packages,
    find_packages,
    find_top,
    needed_by,
)
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.commit import Commit
from nox_cleanroom.errors import ProjectError, RepositoryError

Make = Callable[..., Path]
WORKSPACE = "[tool.uv.workspace]\nmembers = ['packages/*']\n"
PACKAGES = ("packages/app", "packages/core", "packages/old", "packages/tool")


@pytest.fixture
def root(repository: Make) -> Path:
    """Four packages: `app` needs `core`, `old` needs `app`, `tool` needs none."""
    return repository(
        {
            "pyproject.toml": WORKSPACE,
            "README.md": "",
            "LICENSE": "",
            "docs/page.txt": "",
            "packages/core/pyproject.toml": "[project]\nname = 'acme-core'\n",
            "packages/core/core.py": "",
            "packages/app/pyproject.toml": "[project]\nname = 'acme_app'\ndependencies = ['acme.core>=1']\n",
            "packages/tool/pyproject.toml": "[project]\nname = 'acme'\n",
            "packages/old/setup.py": "setup(name='acme-old', install_requires=['acme-app'])\n",
            "packages/notes/README": "",
        }
    )


def at_head(root: Path) -> tuple[Checkout, Commit]:
    checkout = Checkout.find(root)
    return checkout, checkout.resolve("HEAD")


def test_packages_are_found_in_the_commit(root: Path) -> None:
    write_files(root, {"packages/new/pyproject.toml": "[project]\nname = 'new'\n"})
    assert find_packages(*at_head(root), ".") == PACKAGES
    git(root, "rm", "-qr", "--cached", "packages")
    commit_all(root)
    assert find_packages(*at_head(root), ".") == tuple(sorted([*PACKAGES, "packages/new"]))


def test_a_commit_without_packages_is_refused(repository: Make) -> None:
    with pytest.raises(ProjectError, match=r"has no Python package below '\.'"):
        find_packages(*at_head(repository({"README": ""})), ".")


def test_the_top_is_where_the_workspace_is(root: Path) -> None:
    assert find_top(root / "packages/core", root) == root
    write_files(root, {"packages/pyproject.toml": "[tool.nox-cleanroom]\npackages = ['*']\n"})
    assert find_top(root / "packages/core", root) == root / "packages"
    write_files(root, {"packages/pyproject.toml": "this is no TOML"})
    assert find_top(root / "packages/core", root) == root


def test_a_project_is_among_the_packages_that_its_repository_names(root: Path) -> None:
    assert configured_packages(*at_head(root), "packages/core") == ()
    table = "[tool.nox-cleanroom]\npackages = ['packages/[ac]*']\n"
    write_files(root, {"pyproject.toml": table})
    commit_all(root)
    found = configured_packages(*at_head(root), "packages/core")
    assert found == ("packages/app", "packages/core")
    assert configured_packages(*at_head(root), "packages/tool") == ()


CHANGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "nothing": ("", ()),
    "one that others need": ("packages/core/core.py", ("packages/app", "packages/core", "packages/old")),
    "one that another needs": ("packages/app/new.py", ("packages/app", "packages/old")),
    "one that nobody needs": ("packages/tool/new.py", ("packages/tool",)),
    "prose above": ("README.md", ()),
    "beside": ("docs/page.txt", ()),
    "no package": ("packages/notes/README", ()),
    "what builds may read": ("LICENSE", PACKAGES),
    "what git reads": (".gitattributes", PACKAGES),
    "another tool's": (".editorconfig", ()),
    "between": ("packages/constraints.txt", PACKAGES),
}  # fmt: skip


@pytest.mark.parametrize(("path", "expected"), CHANGES.values(), ids=CHANGES)
def test_what_has_changed_and_what_needs_it(
    root: Path, path: str, expected: tuple[str, ...]
) -> None:
    git(root, "tag", "before")
    if path:
        with (root / path).open("a") as file:
            file.write("x\n")
    commit_all(root)
    assert changed_packages(*at_head(root), PACKAGES, "before") == expected


def test_changes_count_since_the_last_common_commit(root: Path) -> None:
    git(root, "switch", "-qc", "topic")
    write_files(root, {"packages/tool/new.py": ""})
    commit_all(root)
    git(root, "switch", "-q", "main")
    write_files(root, {"packages/core/core.py": "x"})
    commit_all(root)
    git(root, "switch", "-q", "topic")
    assert changed_packages(*at_head(root), PACKAGES, "main") == ("packages/tool",)


def test_a_deleted_file_is_a_change_and_an_unknown_revision_an_error(root: Path) -> None:
    git(root, "rm", "-q", "packages/core/core.py")
    commit_all(root)
    assert "packages/core" in changed_packages(*at_head(root), PACKAGES, "HEAD~1")
    with pytest.raises(RepositoryError, match="'nix' is no commit"):
        changed_packages(*at_head(root), PACKAGES, "nix")


@pytest.mark.parametrize(
    ("chosen", "needed"),
    [
        ("packages/tool", ("packages/tool",)),
        ("packages/app", ("packages/app", "packages/core")),
        ("packages/old", ("packages/app", "packages/core", "packages/old")),
    ],
)
def test_what_is_needed_is_what_is_mentioned(
    root: Path, chosen: str, needed: tuple[str, ...]
) -> None:
    assert needed_by(*at_head(root), PACKAGES, [chosen]) == needed

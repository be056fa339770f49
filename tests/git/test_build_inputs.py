"""What makes another wheel: all that a build, or git when it writes the worktree, can see.

Some were reported of other caches: a clone that is unshallowed later (pypa/setuptools-scm#790), a
directory of wheels that is filled again (pypa/pip#4183).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from conftest import commit_all, copy_checkout, git, make_wheel, seal, write_files

from nox_cleanroom.build.wheel_key import read_build_inputs
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.git import locate
from nox_cleanroom.config.axes import Artifact

where = cache(locate)
BUILDER = ("/usr/bin/python3.11", (1, 2, 3))


def key(
    root: Path,
    *,
    rev: str = "HEAD",
    artifact: Artifact = "wheel",
    builder: tuple[object, ...] = BUILDER,
    find_links: tuple[str, ...] = (),
    uv_toml: str = "",
    project: str = ".",
    missing: tuple[str, ...] = (),
    **env: str,
) -> str:
    # Each time anew, as a checkout remembers what git has said; only where it is stays the same.
    checkout = Checkout(*where(root))
    inputs = read_build_inputs(
        checkout,
        checkout.resolve(rev),
        project=project,
        refs=checkout.refs(),
        build_env={"PATH": "", **env},
        uv_toml=uv_toml,
        find_links=find_links,
        missing_submodules=missing,
    )
    return inputs.key(builder=builder, artifact=artifact, secret=b"secret")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory, demo_repository: Path) -> Path:
    """A repository with two commits and a tag at the first one; to be copied."""
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        root = copy_checkout(demo_repository, tmp_path_factory.mktemp("inputs") / "checkout")
        git(root, "tag", "v1")
        write_files(root, {"README": "text\n"})
        commit_all(root)
    return root


@pytest.fixture
def root(original: Path, tmp_path: Path) -> Path:
    return copy_checkout(original, tmp_path / "checkout")


def other_tag(root: Path) -> None:
    git(root, "tag", "v2")


def tag_at_an_older_commit(root: Path) -> None:
    git(root, "tag", "v0.9", "HEAD~1")


def annotated_tag_in_place_of_a_light_one(root: Path) -> None:
    git(root, "tag", "--annotate", "--force", "-m", "words", "v1", "v1")


def moved_tag(root: Path) -> None:
    git(root, "tag", "--force", "v1", "HEAD")


def replaced_commit(root: Path) -> None:
    other = git(root, "commit-tree", "HEAD~1^{tree}", "-m", "other", "-p", "HEAD~1").strip()
    git(root, "replace", "HEAD", other)


def grafted(root: Path) -> None:
    (root / ".git" / "info" / "grafts").write_text(git(root, "rev-parse", "HEAD"))


def shallow(root: Path) -> None:
    (root / ".git" / "shallow").write_text(git(root, "rev-parse", "HEAD"))


def attributes_of_the_clone(root: Path) -> None:
    (root / ".git" / "info" / "attributes").write_text("*.py ident\n")


def attributes_of_the_user(root: Path) -> None:
    place = Path(os.environ["XDG_CONFIG_HOME"], "git", "attributes")
    place.parent.mkdir(parents=True)
    place.write_text("* eol=crlf\n")


def line_ends(root: Path) -> None:
    git(root, "config", "core.autocrlf", "true")


def filter_in_force(root: Path) -> None:
    git(root, "config", "filter.lfs.smudge", "git-lfs smudge -- %f")


def setting_by_a_variable(root: Path) -> None:
    os.environ.update(GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="core.eol", GIT_CONFIG_VALUE_0="crlf")


def other_branch_at_the_commit(root: Path) -> None:
    git(root, "branch", "release")


def remote_branch_at_the_commit(root: Path) -> None:
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")


SEEN: list[Callable[[Path], None]] = [
    other_tag,
    tag_at_an_older_commit,
    annotated_tag_in_place_of_a_light_one,
    moved_tag,
    replaced_commit,
    grafted,
    shallow,
    attributes_of_the_clone,
    attributes_of_the_user,
    line_ends,
    filter_in_force,
    setting_by_a_variable,
    other_branch_at_the_commit,
    remote_branch_at_the_commit,
]


def edited_file(root: Path) -> None:
    (root / "src" / "demo" / "part.py").write_text("VALUE = 2\n")


def staged_file(root: Path) -> None:
    edited_file(root)
    git(root, "add", ".")


def fetched_branch(root: Path) -> None:
    git(
        root,
        "update-ref",
        "refs/remotes/origin/topic",
        git(root, "commit-tree", "HEAD^{tree}", "-m", "x").strip(),
    )


def tracking_of_a_branch(root: Path) -> None:
    git(root, "config", "branch.main.remote", "origin")


def word_of_ones_own(root: Path) -> None:
    git(root, "config", "alias.st", "status")


def branch_that_went_on(root: Path) -> None:
    git(root, "update-ref", "refs/heads/older", "HEAD~1")


UNSEEN: list[Callable[[Path], None]] = [
    edited_file,
    staged_file,
    fetched_branch,
    tracking_of_a_branch,
    word_of_ones_own,
    branch_that_went_on,
]


@pytest.fixture(autouse=True)
def _own_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"):
        # Set and taken back, so that what a test sets is taken back, too.
        monkeypatch.setenv(name, "0")
        monkeypatch.delenv(name)


@pytest.mark.parametrize("change", SEEN)
def test_what_builds_see_makes_another_wheel(root: Path, change: Callable[[Path], None]) -> None:
    before = key(root)
    assert key(root) == before
    change(root)
    assert key(root) != before


@pytest.mark.parametrize("change", UNSEEN)
def test_what_builds_do_not_see_makes_no_other(root: Path, change: Callable[[Path], None]) -> None:
    before = key(root)
    change(root)
    assert key(root) == before


def test_an_unshallowed_clone_is_another(root: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), str(clone))
    before = key(clone)
    git(clone, "fetch", "--quiet", "--unshallow")
    assert key(clone) != before


def test_a_linked_worktree_sees_what_the_repository_has(root: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "--quiet", "--detach", str(linked))
    before = key(linked)
    attributes_of_the_clone(root)
    assert key(linked) != before


def test_the_commit_the_project_and_who_builds_what_count(root: Path) -> None:
    keys = [
        key(root),
        key(root, rev="HEAD~1"),
        key(root, project="packages/demo"),
        key(root, artifact="sdist"),
        key(root, builder=("/usr/bin/python3.12", (1, 2, 3))),
        key(root, builder=("/usr/bin/python3.11", (1, 2, 4))),
        key(root, missing=("vendored",)),
        key(root, uv_toml='index-url = "https://index.example/simple"\n'),
        key(root, PIP_INDEX_URL="https://index.example/simple"),
        key(root, BUILD_NUMBER="7"),
    ]
    assert len(set(keys)) == len(keys)


#: The ways in which an installer is told of a directory.
LINKS = {
    "an option": lambda place: {"find_links": (str(place),)},
    "a URL": lambda place: {"find_links": (place.as_uri(),)},
    "pip": lambda place: {"PIP_FIND_LINKS": f"{place} https://elsewhere.example"},
    "uv": lambda place: {"UV_FIND_LINKS": str(place)},
    "uv.toml": lambda place: {"uv_toml": f'find-links = ["{place}"]\n'},
    "uv.toml for pip": lambda place: {"uv_toml": f'pip = {{ find-links = ["{place}"] }}\n'},
}


@pytest.mark.parametrize("told", LINKS.values(), ids=LINKS)
def test_a_directory_of_wheels_is_what_it_holds(
    root: Path, tmp_path: Path, told: Callable[[Path], dict[str, object]]
) -> None:
    place = tmp_path / "with blanks" if told is LINKS["a URL"] else tmp_path / "links"
    make_wheel(place, {"needed.py": ""}, name="needed")
    words = told(place)
    before = key(root, **words)  # type: ignore[arg-type]
    assert key(root, **words) == before  # type: ignore[arg-type]
    make_wheel(place, {"needed.py": "X = 1"}, name="needed")
    rebuilt = key(root, **words)  # type: ignore[arg-type]
    make_wheel(place, {"needed.py": ""}, name="needed", version="2.0")
    added = key(root, **words)  # type: ignore[arg-type]
    shutil.rmtree(place)
    gone = key(root, **words)  # type: ignore[arg-type]
    assert len({before, rebuilt, added, gone}) == 4


@pytest.mark.parametrize("as_url", [False, True])
def test_a_page_of_links_is_what_it_says(root: Path, tmp_path: Path, *, as_url: bool) -> None:
    page = tmp_path / "links.html"
    page.write_text("one", encoding="utf-8")
    links = (page.as_uri() if as_url else str(page),)
    before = key(root, find_links=links)
    page.write_text("another", encoding="utf-8")
    assert key(root, find_links=links) != before


@pytest.mark.parametrize("link", ["~nobody-of-that-name/links", "a\0b", "x" * 5000, "file:///"])
def test_a_link_that_is_no_place_is_for_the_installer_to_refuse(root: Path, link: str) -> None:
    assert key(root, find_links=(link,)) == key(root, find_links=(link,)) != key(root)


def test_nobody_can_try_values_out_on_a_key(root: Path) -> None:
    checkout = Checkout.find(root)
    inputs = read_build_inputs(
        checkout,
        checkout.resolve("HEAD"),
        project=".",
        refs={},
        build_env={"MY_TOKEN": "s3cret"},
        uv_toml="",
        find_links=(),
        missing_submodules=(),
    )
    keys = {inputs.key(builder=(), artifact="wheel", secret=secret) for secret in (b"a", b"b")}
    assert len(keys) == 2
    assert not any("s3cret" in one for one in keys)

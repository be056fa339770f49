"""What a snapshot sees, and what it rightly does not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import (
    FROM_FILES,
    add_submodule,
    commit_all,
    copy_checkout,
    demo_files,
    git,
    make_repository,
    seal,
    write_files,
)

from nox_cleanroom.changes import Attribution
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.checkout.watch import Watch

Act = Callable[[Path], object]


def changes(checkout: Checkout, act: Act, *, allowed: list[str] | None = None) -> list[Attribution]:
    watch = Watch(checkout, exempt=[checkout.root / ".nox"], allowed=allowed or [])
    with watch.during("the step"):
        act(checkout.root)
    return list(watch.changes)


def seen(checkout: Checkout, act: Act, **more: list[str]) -> list[str]:
    return [str(one.change) for one in changes(checkout, act, **more)]


def rewrite_keeping_times(path: Path, text: str) -> None:
    before = path.stat()
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def prepare_untracked(root: Path) -> None:
    (root / "notes.txt").write_text("mine\n")
    (root / "ignored").mkdir()
    (root / "ignored" / "cache.bin").write_text("cached\n")
    (root / ".git" / "info" / "exclude").write_text("/ignored/\n")
    (root / "src" / "demo" / "part.py").write_text("VALUE = 2\n")
    (root / "staged.txt").write_text("staged\n")
    git(root, "add", "staged.txt")
    (root / "dangling.txt").write_text("dangling\n")
    git(root, "hash-object", "-w", "dangling.txt")
    (root / ".git" / "hooks").mkdir(exist_ok=True)
    (root / ".git" / "hooks" / "pre-push").write_text("#!/bin/sh\n")
    (root / ".git" / "hooks" / "pre-push").chmod(0o755)


def make_in_git(name: str) -> Act:
    return lambda root: write_files(root, {f".git/{name}": ""})


def object_file(root: Path, name: str) -> Path:
    """The file of a loose object."""
    oid = git(root, "rev-parse", name).strip()
    return root / ".git/objects" / oid[:2] / oid[2:]


SEEN: dict[str, tuple[Act, list[str]]] = {
    "a new file": (lambda root: (root / "junk.txt").write_text("x"), ["junk.txt (created)"]),
    "a new directory with a file": (
        lambda root: ((root / "build").mkdir(), (root / "build" / "x").write_text("x")),
        ["build/x (created)"],
    ),
    "an empty directory": (lambda root: (root / "empty").mkdir(), ["empty/ (created)"]),
    "an edit of a tracked file": (
        lambda root: (root / "src/demo/__init__.py").write_text("pass\n"),
        ["src/demo/__init__.py (modified)"],
    ),
    "a second edit of a dirty file": (
        lambda root: (root / "src/demo/part.py").write_text("VALUE = 3\n"),
        ["src/demo/part.py (modified)"],
    ),
    "an edit of an untracked file": (
        lambda root: (root / "notes.txt").write_text("else\n"),
        ["notes.txt (modified)"],
    ),
    "an edit inside an ignored directory": (
        lambda root: (root / "ignored/cache.bin").write_text("other\n"),
        ["ignored/cache.bin (modified)"],
    ),
    "a same-size edit with the old time": (
        lambda root: rewrite_keeping_times(root / "notes.txt", "MINE\n"),
        ["notes.txt (modified)"],
    ),
    "a deletion": (
        lambda root: (root / "src/demo/part.py").unlink(),
        ["src/demo/part.py (deleted)"],
    ),
    "a rename": (
        lambda root: (root / "notes.txt").rename(root / "NOTES.txt"),
        ["NOTES.txt (renamed: from notes.txt)"],
    ),
    "an executable bit": (
        lambda root: (root / "notes.txt").chmod(0o755),
        ["notes.txt (mode changed)"],
    ),
    "a file that became a link": (
        lambda root: ((root / "notes.txt").unlink(), (root / "notes.txt").symlink_to("x")),
        ["notes.txt (type changed)"],
    ),
    "a staged file": (
        lambda root: git(root, "add", "notes.txt"),
        [".git/index: notes.txt (created)"],
    ),
    "a flag of the index": (
        lambda root: git(root, "update-index", "--assume-unchanged", "src/demo/__init__.py"),
        [".git/index: src/demo/__init__.py (modified)"],
    ),
    "a branch": (lambda root: git(root, "branch", "other"), [".git/refs/heads/other (created)"]),
    "a tag": (lambda root: git(root, "tag", "v9"), [".git/refs/tags/v9 (created)"]),
    "a detached HEAD at the same commit": (
        lambda root: git(root, "checkout", "-q", "--detach"),
        [".git/HEAD (modified: refs/heads/main -> "],
    ),
    "the configuration": (
        lambda root: git(root, "config", "user.name", "x"),
        [".git/config (modified)"],
    ),
    "a hook": (
        lambda root: (
            (root / ".git/hooks").mkdir(exist_ok=True),
            (root / ".git/hooks/pre-commit").write_text("#!/bin/sh\n"),
        ),
        [".git/hooks/pre-commit (created)"],
    ),
    "an exclude rule": (
        lambda root: (root / ".git/info/exclude").write_text("*\n"),
        [".git/info/exclude (modified)"],
    ),
    "a hook that is one no more": (
        lambda root: (root / ".git/hooks/pre-push").chmod(0o644),
        [".git/hooks/pre-push (mode changed)"],
    ),
    "a hook that leads elsewhere": (
        lambda root: (root / ".git/hooks/pre-commit").symlink_to("elsewhere"),
        [".git/hooks/pre-commit (created)"],
    ),
    "the top level's own mode": (lambda root: root.chmod(0o700), ["./ (mode changed)"]),
    "the mode of git's directory": (
        lambda root: (root / ".git").chmod(0o700),
        [".git/ (mode changed)"],
    ),
    "a history that is cut off": (
        lambda root: (root / ".git/shallow").write_text(git(root, "rev-parse", "HEAD")),
        [".git/shallow (created)"],
    ),
    "a graft": (
        lambda root: (root / ".git/info/grafts").write_text(git(root, "rev-parse", "HEAD")),
        [".git/info/grafts (created)"],
    ),
    "objects that are borrowed": (
        lambda root: (
            (root / ".git/objects/info").mkdir(exist_ok=True),
            (root / ".git/objects/info/alternates").write_text("/nowhere\n"),
        ),
        [".git/objects/info/alternates (created)"],
    ),
    "an object that is needed": (
        lambda root: object_file(root, "HEAD:src/demo/part.py").unlink(),
        [".git/objects/"],
    ),
    "an object that only the index needs": (
        lambda root: object_file(root, ":staged.txt").unlink(),
        [".git/objects/"],
    ),
    "all objects": (
        lambda root: (root / ".git/objects").rename(root.parent / f"{root.name}-objects"),
        [".git/objects/ (deleted)", ".git (modified: git cannot read it: "],
    ),
    "a HEAD that is gone": (
        lambda root: (root / ".git/HEAD").unlink(),
        [".git/HEAD (modified: refs/heads/main -> ", ".git (modified: git cannot read it: "],
    ),
    "an index that is none": (
        lambda root: (root / ".git/index").write_text("junk"),
        [".git (modified: git cannot read it: "],
    ),
    "a configuration that is none": (
        lambda root: (root / ".git/config").write_text("[junk"),
        [".git/config (modified)", ".git (modified: git cannot read it: "],
    ),
    "a rebase under way": (
        lambda root: (root / ".git/rebase-merge").mkdir(),
        [".git/rebase-merge (created)"],
    ),
} | {
    f"a lock that is left: {name}": (
        make_in_git(name),
        [f".git/{name} (created)"],
    )
    for name in (
        "index.lock",
        "HEAD.lock",
        "config.lock",
        "shallow.lock",
        "packed-refs.lock",
        "refs/heads/other.lock",
        "refs/tags/deep/v1.lock",
        "objects/maintenance.lock",
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with all kinds of files, and each object in a file of its own; to be copied."""
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        place = tmp_path_factory.mktemp("prepared") / "checkout"
        root = make_repository(place, demo_files())
        prepare_untracked(root)
    return root


@pytest.fixture
def prepared(original: Path, tmp_path: Path) -> Checkout:
    return Checkout.find(copy_checkout(original, tmp_path / "checkout"))


@pytest.mark.parametrize(("act", "expected"), SEEN.values(), ids=SEEN.keys())
def test_it_sees(prepared: Checkout, act: Act, expected: list[str]) -> None:
    found = seen(prepared, act)
    assert len(found) == len(expected), found
    for one, beginning in zip(found, expected, strict=True):
        assert one.startswith(beginning)


def touch_everything(root: Path) -> None:
    time.sleep(0.01)
    for path in [root / "src/demo/__init__.py", root / "notes.txt", root / "src/demo/part.py"]:
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)
        os.utime(path)


UNSEEN: dict[str, Act] = {
    "nothing": lambda root: None,
    "touches and rewrites with the same bytes": touch_everything,
    "a refresh of the index": lambda root: git(root, "status"),
    "packed refs": lambda root: git(root, "pack-refs", "--all"),
    "remote-tracking refs": lambda root: git(
        root, "update-ref", "refs/remotes/origin/main", "HEAD"
    ),
    "the nox environment directory": lambda root: (
        (root / ".nox/smoke").mkdir(parents=True),
        (root / ".nox/smoke/x").write_text("x"),
    ),
    "garbage collection": lambda root: git(root, "gc", "--quiet"),
    "garbage collection of all that is old": lambda root: git(root, "gc", "-q", "--prune=now"),
    "packs packed anew": lambda root: (
        git(root, "repack", "-q"),
        (root / "notes.txt").touch(),
        git(root, "repack", "-adq"),
        git(root, "prune-packed", "-q"),
    ),
    "a new object": lambda root: git(root, "hash-object", "-w", "notes.txt"),
    "an object that nothing needs": lambda root: object_file(
        root, git(root, "hash-object", "dangling.txt").strip()
    ).unlink(),
} | {
    f"what git makes in passing: {name}": make_in_git(name)
    for name in (
        "gc.pid",
        "gc.log",
        "packed-refs.new",
        "objects/pack/tmp_pack_abc",
        "objects/pack/.tmp-1-pack-abc.pack",
        "objects/ab/tmp_obj_abc",
        "info/refs_abc",
        "objects/info/packs_abc",
    )
}


@pytest.mark.parametrize("act", UNSEEN.values(), ids=UNSEEN.keys())
def test_it_does_not_see(prepared: Checkout, act: Act) -> None:
    assert seen(prepared, act) == []


@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
def test_a_lock_of_the_users_own_git_is_no_change(checkout: Checkout, name: str) -> None:
    lock = checkout.root / ".git" / name
    watch = Watch(checkout, exempt=[], allowed=[])
    with watch.during("the lock is made"):
        lock.write_text("")
    with watch.during("it is another one"):
        lock.write_text("more")
    assert [str(one) for one in watch.changes][:1] == [
        f".git/{name} (created), while `the lock is made` was running"
    ]
    with watch.during("it is gone"):
        lock.unlink()
    assert watch.changes == ()


def test_a_lock_that_was_there_before_may_go(checkout: Checkout) -> None:
    (checkout.root / ".git/index.lock").write_text("")
    assert seen(checkout, lambda root: (root / ".git/index.lock").unlink()) == []


@pytest.mark.parametrize("pack", ["the only one", "one of two"])
@pytest.mark.parametrize("ending", ["pack", "idx"])
def test_a_pack_that_is_gone_is_named(checkout: Checkout, pack: str, ending: str) -> None:
    git(checkout.root, "repack", "-adq")
    (gone,) = (checkout.git_dir / "objects/pack").glob(f"*.{ending}")
    if pack == "one of two":
        (checkout.root / "more.txt").write_text("more\n")
        commit_all(checkout.root)
        git(checkout.root, "repack", "-dq")
    assert seen(checkout, lambda root: gone.unlink()) == [
        f".git/objects/pack/{gone.name} (deleted: and it is needed)"
    ]


def test_what_a_partial_clone_left_out_is_not_missed(checkout: Checkout, tmp_path: Path) -> None:
    git(checkout.root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{checkout.root}", "partial")
    git(tmp_path / "partial", "commit", "-q", "--allow-empty", "-m", "mine")
    checkout.root.rename(tmp_path / "nowhere")
    assert seen(Checkout.find(tmp_path / "partial"), UNSEEN["garbage collection"]) == []


@pytest.fixture(scope="module")
def with_submodules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a submodule whose name has two parts, and one in that; to be copied."""
    place = tmp_path_factory.mktemp("submodules")
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        inner, lib, root = (
            make_repository(place / name, {f"{name}.txt": "x"}) for name in ("inner", "lib", "root")
        )
        add_submodule(lib, inner, "inner", "--name", "inner")
        add_submodule(root, lib, "lib", "--name", "libs/lib")
        git(root, *FROM_FILES, "submodule", "update", "--init", "--recursive", "-q")
        git(root / "lib", "tag", "packed")
        git(root / "lib", "pack-refs", "--all")
        git(root / "lib", "tag", "loose")
    return root


SUBMODULE = ".git/modules/libs/lib"
SEEN_IN_SUBMODULES: dict[str, tuple[Act, list[str]]] = {
    "another commit": (
        lambda root: git(root / "lib", "checkout", "-q", "--detach"),
        [f"{SUBMODULE}/HEAD (modified)"],
    ),
    "a configuration": (
        lambda root: git(root / "lib", "config", "a.b", "c"),
        [f"{SUBMODULE}/config (modified)"],
    ),
    "a hook": (
        lambda root: write_files(root, {f"{SUBMODULE}/hooks/pre-push": "x"}),
        [f"{SUBMODULE}/hooks/pre-push (created)"],
    ),
    "a branch": (
        lambda root: git(root / "lib", "branch", "other"),
        [f"{SUBMODULE}/refs/heads/other (created)"],
    ),
    "a packed branch that is gone": (
        lambda root: git(root / "lib", "tag", "-d", "packed"),
        [f"{SUBMODULE}/refs/tags/packed (deleted)"],
    ),
    "a cut off history": (
        lambda root: write_files(root, {f"{SUBMODULE}/shallow": "x"}),
        [f"{SUBMODULE}/shallow (created)"],
    ),
    "a lock that is left": (
        lambda root: write_files(root, {f"{SUBMODULE}/index.lock": ""}),
        [f"{SUBMODULE}/index.lock (created)"],
    ),
    "a hook of a submodule's submodule": (
        lambda root: write_files(root, {f"{SUBMODULE}/modules/inner/hooks/pre-push": "x"}),
        [f"{SUBMODULE}/modules/inner/hooks/pre-push (created)"],
    ),
    "nothing but packed refs": (lambda root: git(root / "lib", "pack-refs", "--all"), []),
    "nothing but garbage collection": (lambda root: git(root / "lib", "gc", "-q"), []),
    "nothing but a fetch": (lambda root: git(root / "lib", "update-ref", "refs/remotes/origin/x", "HEAD"), []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("act", "expected"), SEEN_IN_SUBMODULES.values(), ids=SEEN_IN_SUBMODULES.keys()
)
def test_of_submodules_it_sees(
    with_submodules: Path, tmp_path: Path, act: Act, expected: list[str]
) -> None:
    root = copy_checkout(with_submodules, tmp_path / "root")
    assert seen(Checkout.find(root), act) == expected


def test_a_link_that_is_made_again_is_no_change(repository: Callable[..., Path]) -> None:
    root = repository()
    (root / "dead").symlink_to("nowhere")
    commit_all(root)

    def act(root: Path) -> None:
        (root / "dead").unlink()
        (root / "dead").symlink_to("nowhere")

    assert seen(Checkout.find(root), act) == []


def test_a_git_directory_in_the_work_tree_is_gits_own(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    git(root, "init", "-q", "--separate-git-dir", ".repo", ".")
    (root / "a").write_text("x")
    git(root, "add", "a")
    git(root, "commit", "-qm", "x")
    assert seen(Checkout.find(root), lambda root: (root / ".repo/gc.log").write_text("x")) == []


def test_what_git_is_told_not_to_look_at_is_seen(checkout: Checkout) -> None:
    git(checkout.root, "update-index", "--assume-unchanged", "src/demo/__init__.py")
    git(checkout.root, "update-index", "--skip-worktree", "src/demo/part.py")
    git(checkout.root, "config", "status.showUntrackedFiles", "no")

    def act(root: Path) -> None:
        for name in ("src/demo/__init__.py", "src/demo/part.py", "new.txt"):
            (root / name).write_text("changed\n")

    assert seen(checkout, act) == [
        "new.txt (created)",
        "src/demo/__init__.py (modified)",
        "src/demo/part.py (modified)",
    ]


#: Old and new name, and what fails the run: `build/` is allowed, `.nox/` is nox's.
RENAMES: dict[str, tuple[str, str, list[str]]] = {
    "into a backup": ("src/demo/part.py", "src/demo/part.py~", ["src/demo/part.py~ (renamed: from src/demo/part.py)"]),
    "into an editor's directory": ("src/demo/part.py", ".idea/part.py", [".idea/part.py (renamed: from src/demo/part.py)"]),
    "into an allowed place": ("src/demo/part.py", "build/part.py", ["build/part.py (renamed: from src/demo/part.py)"]),
    "into an allowed place, as a backup": ("src/demo/part.py", "build/x.py~", ["build/x.py~ (renamed: from src/demo/part.py)"]),
    "into nox's directory": ("src/demo/part.py", ".nox/part.py", ["src/demo/part.py (deleted)"]),
    "untracked into an allowed place": ("notes.txt", "build/notes.txt", ["build/notes.txt (renamed: from notes.txt)"]),
    "out of an allowed place": ("build/made", "made", ["made (renamed: from build/made)"]),
    "out of an allowed place onto a tracked name": ("build/made", "src/demo/part.py", ["src/demo/part.py (modified)"]),
    "out of nox's directory": (".nox/made", "made", ["made (created)"]),
    "a backup into the source": ("old~", "src/demo/more.py", ["src/demo/more.py (renamed: from old~)"]),
    "an allowed directory": ("build", "dist", ["dist/made (renamed: from build/made)"]),
    "within an allowed place": ("build/made", "build/done", []),
    "from backup to backup": ("old~", "older~", []),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), RENAMES.values(), ids=RENAMES.keys())
def test_a_rename_is_judged_by_both_names(
    checkout: Checkout, old: str, new: str, expected: list[str]
) -> None:
    made = {"notes.txt": "x", "build/made": "xx", ".nox/made": "xxx", "old~": "x", ".idea/y": "x"}
    write_files(checkout.root, made)
    found = changes(
        checkout, lambda root: (root / old).replace(root / new), allowed=["build/*", "build"]
    )
    assert [str(one.change) for one in found if not one.is_note] == expected


BYSTANDERS = (".vscode/settings.json", "src/.idea/x", "keep.swp", "src/old.py~", ".DS_Store", ".#x")
DONE_TO_BYSTANDERS: dict[str, Callable[[Path], object]] = {
    "modified": lambda path: path.write_text("else"),
    "deleted": lambda path: path.unlink(),
    "mode changed": lambda path: path.chmod(0o755),
    "type changed": lambda path: (path.unlink(), path.symlink_to("x")),
    "renamed": lambda path: path.rename(path.with_name(f"{path.name}~")),
}


@pytest.mark.parametrize("kind", DONE_TO_BYSTANDERS.keys())
@pytest.mark.parametrize("tracking", ["committed", "staged", "untracked"])
def test_what_editors_write_is_a_note_unless_it_is_tracked(
    checkout: Checkout, kind: str, tracking: str
) -> None:
    root = checkout.root
    write_files(root, dict.fromkeys(BYSTANDERS, "x"))
    if tracking != "untracked":
        git(root, "add", "--force", "--", *BYSTANDERS)
    if tracking == "committed":
        git(root, "commit", "-qm", "x")
    found = changes(checkout, lambda root: [DONE_TO_BYSTANDERS[kind](root / name) for name in BYSTANDERS])  # fmt: skip
    assert {one.change.kind for one in found} == {kind}
    named = {name for one in found if not one.is_note for name in one.change.paths}
    assert named & set(BYSTANDERS) == (set() if tracking == "untracked" else set(BYSTANDERS))


def test_what_the_project_allows_is_not_blamed(checkout: Checkout) -> None:
    def act(root: Path) -> None:
        (root / "docs").mkdir()
        (root / "docs" / "made.html").write_text("x")
        (root / "other").write_text("x")

    assert seen(checkout, act, allowed=["docs/*.html"]) == ["other (created)"]


def test_of_noxs_own_bytecode_nothing_is_said_and_of_other_bytecode_it_is(
    checkout: Checkout,
) -> None:
    watch = Watch(checkout, exempt=[checkout.root / "__pycache__" / "noxfile."], allowed=[])
    with watch.during("first"):
        (checkout.root / "__pycache__").mkdir()
        (checkout.root / "__pycache__" / "noxfile.cpython-311.pyc").write_text("x")
    assert list(watch.changes) == []
    with watch.during("second"):
        (checkout.root / "__pycache__" / "demo.cpython-311.pyc").write_text("x")
    assert [one.change.path for one in watch.changes] == ["__pycache__/demo.cpython-311.pyc"]


def test_of_the_environment_that_nox_runs_in_only_bytecode_is_its_own(checkout: Checkout) -> None:
    own = checkout.root / ".venv"
    (own / "lib" / "nox").mkdir(parents=True)
    watch = Watch(checkout, exempt=[], allowed=[], own_prefix=own)
    with watch.during("the step"):
        (own / "lib/nox/__pycache__").mkdir()
        (own / "lib/nox/__pycache__/cli.cpython-311.pyc").write_text("x")
        (own / "lib/demo").mkdir()
    assert [one.change.path for one in watch.changes] == [".venv/lib/demo/"]


def test_pipes_and_odd_names_are_survived(checkout: Checkout) -> None:
    os.mkfifo(checkout.root / "pipe")
    Path(os.fsdecode(os.fsencode(checkout.root) + b"/odd\xff\nname")).write_text("x")
    (checkout.root / "loop").symlink_to("loop")
    assert seen(checkout, lambda root: (root / "x").write_text("")) == ["x (created)"]


def test_a_gone_git_directory_is_said(checkout: Checkout) -> None:
    def act(root: Path) -> None:
        (root / ".git").rename(root.parent / "gone")

    assert seen(checkout, act) == [".git (deleted: git's own directory is gone)"]


def test_a_linked_worktree_is_watched_like_any_checkout(checkout: Checkout, tmp_path: Path) -> None:
    git(checkout.root, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "side")
    linked = Checkout.find(tmp_path / "linked")
    assert seen(linked, lambda root: git(root, "checkout", "-q", "--detach"))[0].startswith(
        ".git/HEAD (modified: refs/heads/side -> "
    )


def test_each_change_is_put_down_to_the_step_that_was_running(checkout: Checkout) -> None:
    watch = Watch(checkout, exempt=[], allowed=[])
    with watch.during("first"):
        pass
    with watch.during("second"):
        (checkout.root / "junk.txt").write_text("x")
    with watch.during("third"):
        pass
    assert [str(one) for one in watch.changes] == ["junk.txt (created), while `second` was running"]


def test_a_commit_of_the_user_meanwhile_is_seen(checkout: Checkout) -> None:
    assert seen(checkout, lambda root: commit_all(root)) == [".git/refs/heads/main (modified)"]

"""Group 2: in every state that a checkout is found in, the verdict is the same, or the refusal clear."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import (
    FROM_FILES,
    PYTHON,
    Ran,
    Tool,
    add_submodule,
    commit_all,
    demo_files,
    git,
    make_repository,
    write_files,
)
from independent import deep_snapshot, difference

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"
NEEDS_DEMO = {"src/demo/__init__.py": "import demo.part\ndef main(): pass\n"}


def linked(root: Path) -> Path:
    place = root.parent / "linked"
    git(root, "worktree", "add", "-q", str(place), "-b", "side")
    return place


def bare_with_worktree(root: Path) -> Path:
    bare = root.parent / "bare.git"
    git(root, "clone", "-q", "--bare", str(root), str(bare))
    git(bare, "worktree", "add", "-q", str(root.parent / "of-bare"), "main")
    return root.parent / "of-bare"


def clone(root: Path, *options: str) -> Path:
    place = root.parent / "clone"
    git(root.parent, "clone", "-q", *options, f"file://{root}", str(place))
    return place


def separate(root: Path) -> Path:
    return clone(root, f"--separate-git-dir={root.parent / 'elsewhere'}")


def moved(root: Path, name: str) -> Path:
    place = root.parent / name
    root.rename(place)
    return place


def symlinked(root: Path) -> Path:
    link = root.parent / "link"
    link.symlink_to(root)
    return link


def configured(*pairs: str) -> Callable[[Path], Path]:
    def arrange(root: Path) -> Path:
        for pair in pairs:
            name, _, value = pair.partition("=")
            git(root, "config", name, value)
        return root

    return arrange


def worktree_config(root: Path) -> Path:
    git(root, "config", "extensions.worktreeConfig", "true")
    place = linked(root)
    git(place, "config", "--worktree", "user.name", "x")
    return place


def bad_hooks(root: Path) -> Path:
    hooks = root.parent / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        hook = hooks / name
        hook.write_text(f"#!/bin/sh\ntouch {root}/fired-{name}\nexit 1\n")
        hook.chmod(0o755)
    shutil.copytree(hooks, root / ".git/hooks", dirs_exist_ok=True)
    git(root, "config", "core.hooksPath", str(hooks))
    return root


def lying_monitor(root: Path) -> Path:
    monitor = root.parent / "monitor"
    monitor.write_text("#!/bin/sh\nprintf 'token\\0'\n")
    monitor.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(monitor))
    return root


def sparse(root: Path) -> Path:
    git(root, "sparse-checkout", "set", "--cone", "docs")
    return root


def stale_entries(root: Path) -> Path:
    for number in range(7):
        place = root.parent / f"stale-{number}"
        git(root, "worktree", "add", "-q", "--detach", str(place))
        shutil.rmtree(place)
    return root


def awkward_refs(root: Path) -> Path:
    oid = git(root, "rev-parse", "HEAD").strip()
    write_files(root, {"src/demo/__init__.py": "def main(): pass\n"})
    commit_all(root, "newer")
    for ref in ("refs/heads/-x", "refs/tags/HEAD", "refs/heads/HEAD", "refs/tags/main"):
        git(root, "update-ref", ref, oid)
    return root


def submodule(root: Path) -> Path:
    library = make_repository(root.parent / "library", {"part.py": "VALUE = 2\n"})
    allow = ("-c", "protocol.file.allow=always")
    git(root, *allow, "submodule", "-q", "add", str(library), "src/demo/library")
    write_files(root, {"src/demo/__init__.py": "import demo.library.part\ndef main(): pass\n"})
    commit_all(root)
    return root


def submodule_in_a_submodule(root: Path) -> Path:
    inner = make_repository(root.parent / "inner", {"part.py": "VALUE = 3\n"})
    middle = make_repository(
        root.parent / "middle", {"__init__.py": "import demo.library.inner.part\n"}
    )
    add_submodule(middle, inner, "inner", "--name", "another name")
    add_submodule(root, middle, "src/demo/library")
    write_files(root, {"src/demo/__init__.py": "import demo.library\ndef main(): pass\n"})
    commit_all(root)
    place = root.parent / "clone"
    git(root, *FROM_FILES, "clone", "-q", "--recurse-submodules", str(root), str(place))
    return place


#: What a build script may ask to find out whether, and at which commit, it is in a repository.
LOOKS = """
import os, subprocess
head = open('.git/HEAD').read().strip()
assert os.path.isdir('.git'), 'no directory'
assert subprocess.check_output(['git', 'rev-parse', 'HEAD']).decode().strip() == head
assert subprocess.call(['test', '-d', '.git']) == 0
"""


def looked_at(root: Path) -> Path:
    write_files(root, {"on_build.py": LOOKS})
    commit_all(root)
    return root


def hook_files(root: Path) -> Path:
    return root


WORKS: dict[str, Callable[[Path], Path]] = {
    "a plain clone": clone,
    "a shallow clone": lambda root: clone(root, "--depth=1"),
    "a clone without its blobs": lambda root: clone(root, "--filter=blob:none"),
    "a linked worktree": linked,
    "a worktree of a bare repository": bare_with_worktree,
    "a detached HEAD": lambda root: (git(root, "checkout", "-q", "--detach"), root)[1],
    "a subdirectory": lambda root: root / "src" / "demo",
    "a separate git directory": separate,
    "a configuration for each worktree": worktree_config,
    "a sparse checkout": sparse,
    "a submodule": submodule,
    "a submodule in a submodule": submodule_in_a_submodule,
    "a build that looks into .git": looked_at,
    "the same in a linked worktree": lambda root: linked(looked_at(root)),
    "spaces in the path": lambda root: moved(root, "a b  c"),
    "quotes in the path": lambda root: moved(root, "it's \"so\""),
    "Unicode in the path": lambda root: moved(root, "schön 日本"),
    "a leading dash in the path": lambda root: moved(root, "-x"),
    "a dollar, a hash and a percent in the path": lambda root: moved(root, "$HOME#%20"),
    "a newline in the path": lambda root: moved(root, "new\nline"),
    "a long path": lambda root: moved(root, "long" * 40),
    "a path through a link": symlinked,
    "line endings for Windows": configured("core.autocrlf=true", "core.eol=crlf"),
    "signatures by default": configured("commit.gpgsign=true", "gpg.program=false"),
    "an untracked cache": configured("core.untrackedCache=true", "feature.manyFiles=true"),
    "colour always": configured("color.ui=always", "color.branch=always"),
    "no trust in ctime and modes": configured("core.trustctime=false", "core.fileMode=false"),
    "untracked files not shown": configured("status.showUntrackedFiles=no", "submodule.x.ignore=all"),
    "an external diff and a pager": configured("diff.external=false", "core.pager=false"),
    "remotes for new worktrees": configured("worktree.guessRemote=true", "checkout.defaultRemote=x"),
    "hooks that fail and pollute": bad_hooks,
    "a file monitor that lies": lying_monitor,
    "seven stale worktree entries": stale_entries,
    "branches and tags with awkward names": awkward_refs,
    "an index lock that another holds": lambda root: ((root / ".git/index.lock").touch(), root)[1],
}  # fmt: skip


@pytest.mark.parametrize("arrange", WORKS.values(), ids=WORKS.keys())
def test_it_works_as_in_a_plain_clone(
    repository: Make, cleanroom: Tool, arrange: Callable[[Path], Path]
) -> None:
    where = arrange(repository(demo_files(**NEEDS_DEMO)))
    top = Path(git(where, "rev-parse", "--show-toplevel").removesuffix("\n"))
    before = deep_snapshot(top)
    ran = cleanroom(where, SMOKE)
    assert ran.status == 0, ran.text
    assert ran.evidence["verdict"] == "PASSED"
    assert difference(before, deep_snapshot(top)) == []


def test_a_sha256_repository(tmp_path: Path, cleanroom: Tool) -> None:
    root = tmp_path / "sha256"
    root.mkdir()
    git(root, "init", "-q", "--object-format=sha256")
    write_files(root, demo_files())
    commit_all(root)
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    assert len(ran.evidence["subject"]["commit"]) == 64
    assert difference(before, deep_snapshot(root)) == []


VARIABLES: dict[str, Callable[[Path], dict[str, str]]] = {
    "traces": lambda root: {"GIT_TRACE": "1", "GIT_TRACE_SETUP": "2", "GIT_CURL_VERBOSE": "1"},
    "another repository": lambda root: {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere"},
    "an index": lambda root: {"GIT_INDEX_FILE": str(root / ".git/index")},
    "a namespace and a prefix": lambda root: {"GIT_NAMESPACE": "x", "GIT_PREFIX": "y/"},
    "no home": lambda root: {"HOME": ""},
    "a foreign locale": lambda root: {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
    "a path for imports": lambda root: {"PYTHONPATH": str(root / "src")},
    "stripped asserts": lambda root: {"PYTHONOPTIMIZE": "2"},
    "an activated environment": lambda root: {"VIRTUAL_ENV": str(root), "CONDA_PREFIX": str(root)},
    "another target for pip": lambda root: {"PIP_TARGET": str(root), "PIP_USER": "1"},
    "a temporary directory in the checkout": lambda root: {"TMPDIR": str(root / "src")},
    "a temporary directory that is not there": lambda root: {"TMPDIR": str(root / "nowhere")},
    "a build directory in the checkout": lambda root: {
        "PIP_BUILD": str(root),
        "UV_PROJECT": str(root),
    },
}


@pytest.mark.parametrize("variables", VARIABLES.values(), ids=VARIABLES.keys())
def test_variables_of_the_user_neither_falsify_nor_harm(
    repository: Make, cleanroom: Tool, variables: Callable[[Path], dict[str, str]]
) -> None:
    root = repository(demo_files(**NEEDS_DEMO))
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE, env=variables(root))
    assert ran.status == 0, ran.text
    assert difference(before, deep_snapshot(root)) == []


def test_variables_that_are_not_set(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    command = [sys.executable, "-m", "nox_cleanroom", SMOKE]
    env = {name: os.environ[name] for name in ("PATH", "GIT_CONFIG_GLOBAL") if name in os.environ}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run_in_hook(root: Path, name: str, body: str) -> None:
    directory = Path(git(root, "rev-parse", "--git-common-dir").strip())
    hook = (root / directory / "hooks" / name).resolve()
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{body}\n")
    hook.chmod(0o755)


@pytest.mark.parametrize("place", ["plain", "linked"])
@pytest.mark.parametrize("words", [["commit", "-a"], ["commit", "notes.txt"], ["commit"]])
def test_a_commit_from_whose_hook_it_was_started_comes_out_as_without_it(
    repository: Make, place: str, words: list[str]
) -> None:
    expected = None
    for run_it in (False, True):
        root = repository(name=f"checkout-{run_it}")
        where = linked(root) if place == "linked" else root
        if place == "linked":
            where = moved(where, f"linked-{run_it}")
            git(root, "worktree", "repair", str(where))
        tool = f"{sys.executable} -m nox_cleanroom {SMOKE} || exit 1" if run_it else "exit 0"
        run_in_hook(root, "pre-commit", tool)
        write_files(where, {"src/demo/part.py": "VALUE = 2\n", "notes.txt": "x", "loose.txt": "y"})
        git(where, "add", "notes.txt")
        git(where, *words, "-m", "mine")
        tree = git(where, "rev-parse", "HEAD^{tree}"), git(where, "status", "--porcelain")
        expected = expected or tree
        assert tree == expected


def test_started_from_a_pre_push_hook(repository: Make, tmp_path: Path) -> None:
    root = repository()
    remote = tmp_path / "remote.git"
    git(root, "init", "-q", "--bare", str(remote))
    git(root, "remote", "add", "origin", str(remote))
    run_in_hook(root, "pre-push", f"exec {sys.executable} -m nox_cleanroom {SMOKE}")
    git(root, "push", "-q", "origin", "main")
    assert git(remote, "rev-parse", "main") == git(root, "rev-parse", "main")


def test_started_from_a_rebase(repository: Make) -> None:
    root = repository()
    for number in range(2):
        write_files(root, {"a.txt": str(number)})
        commit_all(root)
    tree = git(root, "rev-parse", "HEAD^{tree}")
    git(
        root,
        "rebase",
        "-q",
        "--force-rebase",
        "--exec",
        f"{sys.executable} -m nox_cleanroom {SMOKE}",
        "HEAD~2",
    )
    assert git(root, "rev-parse", "HEAD^{tree}") == tree
    assert git(root, "status", "--porcelain") == ""


def refused(ran: Ran, status: int, code: str) -> None:
    assert (ran.status, "Traceback" in ran.text) == (status, False), ran.text
    assert code in ran.text


def test_clear_refusals(repository: Make, cleanroom: Tool, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    refused(cleanroom(nothing, "smoke"), 3, "NOT_A_REPOSITORY")
    git(nothing, "init", "-q")
    refused(cleanroom(nothing, "smoke"), 3, "NO_COMMITS")
    bare = tmp_path / "bare.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    refused(cleanroom(bare, "smoke"), 3, "NOT_A_REPOSITORY")
    refused(cleanroom(repository(), "smoke", env={"PATH": str(nothing)}), 3, "GIT_MISSING")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_repository_of_somebody_else_is_refused_with_the_line_to_run(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository()
    for path in (root, root / ".git"):
        os.chown(path, 12345, 12345)
    ran = cleanroom(root, SMOKE)
    refused(ran, 3, "NOT_A_REPOSITORY")
    assert f"safe.directory {root}" in ran.text.replace("'", "")


def test_a_filter_that_fails_is_refused_and_leaves_nothing(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(demo_files(**{".gitattributes": "*.bin filter=lost\n", "a.bin": "x"}))
    git(root, "config", "filter.lost.clean", "cat")
    git(root, "config", "filter.lost.smudge", "false")
    git(root, "config", "filter.lost.required", "true")
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE)
    refused(ran, 3, "WORKTREE_FAILED")
    assert difference(before, deep_snapshot(root)) == []


def test_a_torn_worktree_entry_is_named(repository: Make, cleanroom: Tool) -> None:
    root = repository()
    (root / ".git/worktrees/torn").mkdir(parents=True)
    (root / ".git/worktrees/torn/gitdir").write_text("/nowhere/.git\n")
    (root / ".git/worktrees/torn/commondir").write_text("")
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE)
    refused(ran, 3, "WORKTREE_FAILED")
    assert "torn" in ran.text
    assert difference(before, deep_snapshot(root)) == []


def test_a_read_only_checkout_is_refused_clearly(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    root, place = repository(), tmp_path / "read-only"
    place.mkdir()
    bind = ["mount", "--bind", str(root), str(place)]
    if subprocess.run(bind, capture_output=True, check=False).returncode:
        pytest.skip("only where a file system can be mounted")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        ran = cleanroom(place, SMOKE)
        refused(ran, 3, "WORKTREE_FAILED")
        assert "`git clone` the repository to a place of your own" in ran.text
    finally:
        subprocess.run(["umount", str(place)], check=False)


def test_a_change_in_a_submodules_work_tree_is_seen(
    repository: Make, cleanroom: Tool, tmp_path: Path
) -> None:
    path = str(tmp_path / "checkout/src/demo/library/part.py")
    root = submodule(repository())
    code = f"open({path!r}, 'a').write('#')\ndef main(): pass\n"
    write_files(root, {"src/demo/__init__.py": code})
    commit_all(root)
    git(root, "config", "submodule.src/demo/library.ignore", "all")
    ran = cleanroom(root, SMOKE)
    assert ran.status == 30, ran.text
    assert "src/demo/library/part.py (modified)" in ran.text


def test_a_submodule_that_nobody_has_is_named_when_the_build_needs_it(
    repository: Make, cleanroom: Tool
) -> None:
    root = repository(demo_files(**{"on_build.py": "open('library/x').read()\n"}))
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},library")
    git(root, "commit", "-qm", "a submodule")
    ran = cleanroom(root, SMOKE)
    assert ran.status == 1
    assert "These submodules are empty: library" in ran.text

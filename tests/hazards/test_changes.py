"""Group 1: every change of the checkout is seen and named; what is no change is not.

Each package here does something to the checkout when it is imported. That it did is proved by a
snapshot that shares nothing with the tool.
"""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import PYTHON, Tool, commit_all, demo_files, git, pyproject, write_files
from independent import deep_snapshot, difference

Make = Callable[..., Path]
SMOKE = f"smoke-{PYTHON}"

PREAMBLE = """
import os, shutil, subprocess, time
root = {root!r}
def at(name): return os.path.join(root, name)
def write(name, text, mode="w"):
    os.makedirs(os.path.dirname(at(name)), exist_ok=True)
    with open(at(name), mode) as file: file.write(text)
def git(*words): subprocess.run(["git", "-C", root, *words], check=True, capture_output=True)
"""


@dataclass(frozen=True)
class Pollution:
    """What a package does to the checkout, and how it must be named."""

    code: str
    #: `path (kind` of each change that must be named.
    named: list[str] = field(default_factory=list)


POLLUTIONS: dict[str, Pollution] = {
    "a new file": Pollution("write('junk.txt', 'x')", ["junk.txt (created"]),
    "a new file that is ignored": Pollution("write('made.log', 'x')", ["made.log (created"]),
    "a new file in an ignored directory": Pollution("write('cache/new', 'x')", ["cache/new (created"]),
    "a new directory tree": Pollution("write('a/b/c', 'x')", ["a/b/c (created"]),
    "an empty directory": Pollution("os.mkdir(at('empty'))", ["empty/ (created"]),
    "an empty directory that is ignored": Pollution("os.mkdir(at('cache/empty'))", ["cache/empty/ (created"]),
    "a tracked file changed": Pollution("write('src/demo/part.py', 'VALUE = 9\\n')", ["src/demo/part.py (modified"]),
    "a tracked file deleted": Pollution("os.unlink(at('README'))", ["README (deleted"]),
    "a tracked file renamed": Pollution("os.rename(at('README'), at('READ_ME'))", ["READ_ME (renamed"]),
    "a tracked file renamed in case only": Pollution("os.rename(at('README'), at('readme'))", ["readme (renamed"]),
    "a tracked file renamed into an editor's backup": Pollution("os.rename(at('README'), at('README~'))", ["README~ (renamed"]),
    "a tracked file of an editor changed": Pollution("write('.vscode/settings.json', 'else')", [".vscode/settings.json (modified"]),
    "a tracked file's line ends changed": Pollution("write('crlf.txt', 'one\\r\\n')", ["crlf.txt (modified"]),
    "a tracked file made executable": Pollution("os.chmod(at('README'), 0o755)", ["README (mode changed"]),
    "a tracked file replaced by a link": Pollution("os.unlink(at('README')); os.symlink('x', at('README'))", ["README (type changed"]),
    "a tracked file replaced by a directory": Pollution("os.unlink(at('README')); os.mkdir(at('README'))", ["README (type changed"]),
    "a tracked link pointed elsewhere": Pollution("os.unlink(at('link')); os.symlink('y', at('link'))", ["link (modified"]),
    "a dirty file changed again": Pollution("write('dirty.txt', 'again')", ["dirty.txt (modified"]),
    "an untracked file changed": Pollution("write('notes.txt', 'theirs')", ["notes.txt (modified"]),
    "an untracked file deleted": Pollution("os.unlink(at('notes.txt'))", ["notes.txt (deleted"]),
    "an ignored file changed": Pollution("write('cache/data', 'other')", ["cache/data (modified"]),
    "an ignored directory deleted": Pollution("shutil.rmtree(at('cache'))", ["cache/data (deleted"]),
    "the same size and time": Pollution(
        "s = os.stat(at('notes.txt')); write('notes.txt', 'MINE'); os.utime(at('notes.txt'), ns=(s.st_atime_ns, s.st_mtime_ns))",
        ["notes.txt (modified"],
    ),
    "the same size and time of a tracked file": Pollution(
        "s = os.stat(at('README')); write('README', 'README\\nRead us\\n'); os.utime(at('README'), ns=(s.st_atime_ns, s.st_mtime_ns))",
        ["README (modified"],
    ),
    "a file that the index says to assume unchanged": Pollution("write('assumed.txt', 'x')", ["assumed.txt (modified"]),
    "a file that the index says to skip": Pollution("write('skipped.txt', 'x')", ["skipped.txt (modified"]),
    "a file that a fresh exclude rule hides": Pollution(
        "write('.git/info/exclude', 'hidden\\n'); write('hidden', 'x')",
        [".git/info/exclude (", "hidden (created"],
    ),
    "a nested repository": Pollution("subprocess.run(['git', 'init', '-q', at('nested')], check=True)", ["nested/.git/HEAD (created"]),
    "a staged file": Pollution("git('add', 'notes.txt')", [".git/index: notes.txt (created"]),
    "an unstaged file": Pollution("git('reset', '-q', '--', 'staged.txt')", [".git/index: staged.txt ("]),
    "a flag of the index": Pollution("git('update-index', '--no-skip-worktree', 'skipped.txt')", [".git/index: skipped.txt (modified"]),
    "a lock left on the index": Pollution("write('.git/index.lock', '')", [".git/index.lock (created"]),
    "a detached HEAD": Pollution("git('checkout', '-q', '--detach')", [".git/HEAD (modified"]),
    "another branch at the same commit": Pollution("git('checkout', '-q', '-b', 'other')", [".git/HEAD (modified", ".git/refs/heads/other (created"]),
    "a commit": Pollution("git('-c', 'user.name=x', '-c', 'user.email=x', 'commit', '-q', '--allow-empty', '-m', 'x')", [".git/refs/heads/main (modified"]),
    "a branch": Pollution("git('branch', 'other')", [".git/refs/heads/other (created"]),
    "a tag": Pollution("git('tag', 'v9')", [".git/refs/tags/v9 (created"]),
    "a deleted branch": Pollution("git('branch', '-D', 'side')", [".git/refs/heads/side (deleted"]),
    "a ref of another kind": Pollution("git('update-ref', 'refs/notes/x', 'HEAD')", [".git/refs/notes/x (created"]),
    # Git deletes the file and writes it again, and a look may come in between.
    "a stash": Pollution("git('stash', 'push', '-q', '--', 'dirty.txt')", [".git/refs/stash (created", "dirty.txt ("]),
    "the configuration": Pollution("git('config', 'user.name', 'x')", [".git/config (modified"]),
    "a hook": Pollution("write('.git/hooks/pre-push', 'exit 1')", [".git/hooks/pre-push (created"]),
    "a file of git's info": Pollution("write('.git/info/attributes', 'x')", [".git/info/attributes (created"]),
    "objects borrowed from elsewhere": Pollution("write('.git/objects/info/alternates', '/nowhere')", [".git/objects/info/alternates (created"]),
    "an object deleted": Pollution("o = subprocess.check_output(['git', '-C', root, 'rev-parse', 'HEAD:README'], text=True).strip(); os.unlink(at('.git/objects/%s/%s' % (o[:2], o[2:])))", [".git/objects/"]),
    "history cut off": Pollution("write('.git/shallow', '')", [".git/shallow (created"]),
    "the top level's mode": Pollution("os.chmod(root, 0o700)", ["./ (mode changed"]),
    "another lock of git's left": Pollution("write('.git/refs/heads/main.lock', '')", [".git/refs/heads/main.lock (created"]),
    "a merge under way": Pollution("write('.git/MERGE_HEAD', 'x')", [".git/MERGE_HEAD (created"]),
    "git's directory is gone": Pollution("os.rename(at('.git'), root + '.git')", [".git (deleted"]),
    "a name that is not UTF-8": Pollution("open(os.fsencode(root) + b'/odd\\xff', 'w').close()", ["odd\\xff (created"]),
    "a name with control characters": Pollution("write('a\\x1b[31m\\nb', '')", ["a\\x1b[31m\\nb (created"]),
    "a pipe": Pollution("os.mkfifo(at('pipe'))", ["pipe (created"]),
    "a link to itself": Pollution("os.symlink('loop', at('loop'))", ["loop (created"]),
    "a worktree that is not ours": Pollution("git('worktree', 'add', '-q', root + '-more')", [".git/refs/heads/checkout-more (created", ".git/worktrees/checkout-more/ (created"]),
}  # fmt: skip


def prepare(make: Make, code: str) -> Path:
    """A checkout with a bit of everything, whose package does `code` when it is imported."""
    root = make(
        {
            **demo_files(),
            "README": "README\nRead me\n",
            "dirty.txt": "clean",
            "assumed.txt": "",
            "skipped.txt": "",
            "crlf.txt": "one\n",
            ".gitattributes": "crlf.txt text\n",
            ".vscode/settings.json": "{}",
            ".gitignore": "/.nox/\n__pycache__/\n/cache/\n*.log\n",
        }
    )
    body = PREAMBLE.format(root=str(root)) + textwrap.dedent(code)
    write_files(root, {"pyproject.toml": pyproject()})
    (root / "src/demo/__init__.py").write_text(body, encoding="utf-8")
    (root / "link").symlink_to("README")
    commit_all(root)
    git(root, "branch", "side")
    git(root, "update-index", "--assume-unchanged", "assumed.txt")
    git(root, "update-index", "--skip-worktree", "skipped.txt")
    write_files(
        root, {"dirty.txt": "dirty", "notes.txt": "mine", "cache/data": "x", "staged.txt": "x"}
    )
    git(root, "add", "staged.txt")
    return root


@pytest.mark.parametrize("hazard", POLLUTIONS.values(), ids=POLLUTIONS.keys())
def test_it_is_seen_and_named(repository: Make, cleanroom: Tool, hazard: Pollution) -> None:
    root = prepare(repository, hazard.code)
    git_dir = root / ".git"
    before = deep_snapshot(root, git_dir=git_dir)
    ran = cleanroom(root, SMOKE)
    assert difference(before, deep_snapshot(root, git_dir=git_dir)), "the hazard did not fire"
    assert ran.status == 30, ran.text
    assert "DIRTY_REPO_POST" in ran.text
    found = [f"{one['change']['path']} ({one['change']['kind']}" for one in ran.evidence["changes"]]
    for name in hazard.named:
        assert any(one.startswith(name) for one in found), (name, found)
    steps = {step for one in ran.evidence["changes"] for step in one["steps"]}
    assert steps == {f"{SMOKE}: import demo"}


HARMLESS: dict[str, str] = {
    "nothing": "pass",
    "a touch": "os.utime(at('README'))",
    "a rewrite with the same bytes": "text = open(at('README')).read(); os.unlink(at('README')); write('README', text)",
    "a rewrite of an untracked file": "write('notes.txt', 'mine')",
    "a rewrite of an ignored file": "write('cache/data', 'x')",
    "a refresh of the index": "os.utime(at('README')); git('status')",
    "packed refs": "git('pack-refs', '--all')",
    "garbage collection": "git('gc', '-q')",
    "a remote-tracking ref": "git('update-ref', 'refs/remotes/origin/main', 'HEAD')",
    "FETCH_HEAD": "write('.git/FETCH_HEAD', 'x')",
    "a reflog": "write('.git/logs/HEAD', '', 'a')",
    "objects": "git('hash-object', '-w', 'README')",
    "an editor's directory": "write('.idea/workspace.xml', 'x')",
    "a linter's cache": "write('.ruff_cache/x', 'x')",
    "an untracked file of an editor": "write('.vscode/launch.json', 'x')",
    "an editor's backup of a backup": "write('x~', ''); os.rename(at('x~'), at('y~'))",
    "what git makes in passing": "write('.git/gc.pid', ''); write('.git/objects/pack/tmp_pack_x', '')",
    "packs packed anew": "git('repack', '-q'); git('repack', '-adq'); git('prune-packed', '-q')",
    "a swap file": "write('.README.swp', 'x')",
    "a file that came and went": "write('brief', 'x'); os.unlink(at('brief'))",
    "another run's worktree": "os.makedirs(at('.git/worktrees/other')); write('.git/worktrees/other/locked', 'in use by nox-cleanroom: ' + root)",
}


@pytest.mark.parametrize("code", HARMLESS.values(), ids=HARMLESS.keys())
def test_it_is_no_change(repository: Make, cleanroom: Tool, code: str) -> None:
    ran = cleanroom(prepare(repository, code), SMOKE)
    assert ran.status == 0, ran.text


DIRTY: dict[str, Callable[[Path], object]] = {
    "modified, staged and untracked": lambda root: (write_files(root, {"src/demo/part.py": "x = 1\n", "new.txt": "x"}), git(root, "add", "new.txt")),
    "in a conflict": lambda root: _conflict(root),
    "in a rebase": lambda root: _rebase(root),
    "with 10,000 untracked files": lambda root: write_files(root, {f"many/{number}": "" for number in range(10_000)}),
    "with a sparse file of 6 GB": lambda root: os.truncate(_touch(root / "huge"), 6 * 2**30),
    "with pipes, sockets and loops": lambda root: (os.mkfifo(root / "pipe"), (root / "loop").symlink_to("loop")),
    "with odd names": lambda root: open(os.fsencode(root) + b"/\xff\n -x", "w").close(),
    "with a stash": lambda root: (write_files(root, {"src/demo/part.py": "x = 2\n"}), git(root, "stash")),
    "with an index lock": lambda root: _touch(root / ".git/index.lock"),
    "detached": lambda root: git(root, "checkout", "-q", "--detach"),
    "without its files": lambda root: git(root, "rm", "-q", "-r", "--cached", "src"),
    "with a read-only directory": lambda root: ((root / "locked").mkdir(), (root / "locked").chmod(0o500)),
}  # fmt: skip


def _touch(path: Path) -> Path:
    path.touch()
    return path


def _conflict(root: Path) -> None:
    git(root, "checkout", "-q", "-b", "left")
    write_files(root, {"a.txt": "left"})
    commit_all(root)
    git(root, "checkout", "-q", "main")
    write_files(root, {"a.txt": "right"})
    commit_all(root)
    subprocess.run(["git", "merge", "left"], cwd=root, capture_output=True, check=False)


def _rebase(root: Path) -> None:
    write_files(root, {"b.txt": "x"})
    commit_all(root)
    command = ["git", "-c", "sequence.editor=sed -i s/^pick/edit/", "rebase", "-i", "HEAD~1"]
    subprocess.run(command, cwd=root, capture_output=True, check=True)


@pytest.mark.parametrize("arrange", DIRTY.values(), ids=DIRTY.keys())
def test_a_checkout_that_was_not_clean_is_tested_and_left_as_it_was(
    repository: Make, cleanroom: Tool, arrange: Callable[[Path], object]
) -> None:
    root = repository()
    arrange(root)
    before = deep_snapshot(root)
    ran = cleanroom(root, SMOKE)
    assert ran.status == 0, ran.text
    assert difference(before, deep_snapshot(root)) == []
    assert json.dumps(ran.evidence["changes"]) == "[]"


def test_a_flood_of_changes_is_bounded(repository: Make, cleanroom: Tool) -> None:
    ran = cleanroom(prepare(repository, "for n in range(2000): write('many/%d' % n, '')"), SMOKE)
    assert ran.status == 30
    assert "and 1,990 more" in ran.text
    assert ran.text.count("many/") < 40

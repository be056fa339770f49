"""A deep snapshot of a checkout that shares nothing with the package: its own walk, its own git."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from pathlib import Path

#: What git may rewrite without a change of anything that a user has.
_VOLATILE = ("index", "FETCH_HEAD", "ORIG_HEAD", "COMMIT_EDITMSG", "gc.pid", "info/refs")


def deep_snapshot(root: Path, *, git_dir: Path | None = None) -> dict[str, str]:
    """Everything that could be harmed in a checkout, as text: paths, contents, git's own state."""
    base = os.fsencode(root)
    found = {"./": _look(base)}
    for directory, names, files in os.walk(base):
        if directory == base:
            names[:] = [name for name in names if name != b".git"]
        for name in names + files:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, base).decode("utf-8", "backslashreplace")] = _look(path)
    place = git_dir or Path(_git(root, "rev-parse", "--absolute-git-dir").strip())
    if place.is_dir():
        found |= _git_state(root, place)
    return found


def _look(path: bytes) -> str:
    status = os.lstat(path)
    kind, mode = stat.S_IFMT(status.st_mode), oct(stat.S_IMODE(status.st_mode))
    if kind == stat.S_IFLNK:
        return f"link to {os.readlink(path)!r}"
    if kind == stat.S_IFREG and status.st_size < 1_000_000:
        with open(path, "rb") as file:
            return f"file {mode} {hashlib.blake2b(file.read()).hexdigest()}"
    return f"{kind:o} {mode} {status.st_size if kind == stat.S_IFREG else ''}"


def _git_state(root: Path, place: Path) -> dict[str, str]:
    found = {}
    for directory, names, files in os.walk(place):
        names[:] = [name for name in names if name not in {"objects", "logs", "remotes"}]
        for name in files:
            path = Path(directory, name)
            relative = path.relative_to(place).as_posix()
            is_of_refs = relative.startswith(("refs/", "packed-refs"))
            if relative not in _VOLATILE and (not is_of_refs or name.endswith(".lock")):
                found[f".git/{relative}"] = _look(os.fsencode(path))
    for path in (place / "objects" / "info").glob("*alternates"):
        found[f".git/objects/info/{path.name}"] = _look(os.fsencode(path))
    found["what is missing"] = _git(root, "rev-list", "--objects", "--all", "--missing=print")
    found["the index"] = _git(root, "ls-files", "--stage", "-v", "-f", "-z")
    refs = _git(root, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    found["the refs"] = "\n".join(ref for ref in refs if not ref.startswith("refs/remotes/"))
    found["the stash"] = _git(root, "stash", "list")
    found["the worktrees"] = _git(root, "worktree", "list", "--porcelain")
    return found


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    return done.stdout.decode("utf-8", "backslashreplace")


def difference(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The names that differ between two snapshots."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )

"""`nox-cleanroom init`: what a repository lacks to use all of this, shown and then written."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nox_cleanroom.build.packages import find_packages, find_top
from nox_cleanroom.build.project import find_project, require_project
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.packages import is_top, member_patterns
from nox_cleanroom.config.pyproject import parse_toml
from nox_cleanroom.errors import UsageError
from nox_cleanroom.output import clean_text, counted, show
from nox_cleanroom.places import git_hooks
from nox_cleanroom.places.files import write_whole
from nox_cleanroom.records import dataclass
from nox_cleanroom.sessions import init_files
from nox_cleanroom.sessions.command_line import refusal
from nox_cleanroom.sessions.hooks import hook_path, hook_script, is_shared

#: What can be written, in this order.
_PARTS = ("noxfile", "gitignore", "workflow", "hook")

_OPTIONS = ("--yes", "--check")


@dataclass(frozen=True, kw_only=True)
class _Change:
    """A file to write."""

    path: Path
    #: What it says now, and then; both with the file's own line ends.
    before: str
    after: str
    #: Whether it is a hook, of which the shell runs a command.
    is_hook: bool = False


def init(words: Sequence[str]) -> int:
    """Do what ``nox-cleanroom init`` asks for; returns the exit status.

    Args:
        words: the parts to write, all without any; ``--yes`` writes without a question, ``--check``
            only says what is missing.

    Raises:
        CleanroomError: the words make no sense, or a file is in the way. Nothing is written then.
    """
    parts = [word for word in words if not word.startswith("-")] or [*_PARTS]
    for word in words:
        known = _OPTIONS if word.startswith("-") else _PARTS
        if word not in known:
            raise refusal("option of `init`" if word.startswith("-") else "part", word, known)
    changes = [*_changes(parts)]
    if not changes:
        show("nothing is missing")
        return 0
    for change in changes:
        show(f"missing in {_short(change.path)}" if "--check" in words else _diff(change))
    if "--check" in words:
        return 1
    if "--yes" not in words and not _is_agreed(len(changes)):
        show("nothing is written; `--yes` writes it", sys.stderr)
        return 0
    for change in changes:
        _write(change)
        show(f"wrote {_short(change.path)}")
    return 0


def _changes(parts: Sequence[str]) -> Iterator[_Change]:
    here = Path.cwd()
    checkout = Checkout.find(here)
    root = checkout.root.resolve()
    project = find_project(here.resolve(), root)
    top = find_top(here.resolve(), root)
    patterns = _packages(checkout, top, root)
    if patterns:
        project = top
    if project is None:
        require_project(checkout, checkout.resolve("HEAD"), ".")
        project = root
    if "noxfile" in parts:
        path = project / "noxfile.py"
        yield from _change(path, init_files.noxfile(_read(path), patterns))
    if "gitignore" in parts:
        path = root / ".gitignore"
        wanted = _to_ignore(checkout, project, root)
        yield from _change(path, init_files.gitignore(_read(path), wanted))
    if "workflow" in parts and _uses_github(checkout, root):
        path = root / ".github" / "workflows" / "cleanroom.yml"
        directory = project.relative_to(root).as_posix()
        text = init_files.workflow(
            branch=_main_branch(checkout), directory=directory, all_packages=bool(patterns)
        )
        yield from _change(path, text)
    if "hook" in parts and not patterns and not is_shared(checkout):
        path = hook_path(checkout, "pre-push")
        if not git_hooks.is_ours(path):
            yield _Change(
                path=path, before="", after=hook_script("pre-push", project), is_hook=True
            )


def _packages(checkout: Checkout, top: Path, root: Path) -> list[str]:
    """The packages that belong together, as globs where these say it; none without a workspace."""
    document = _pyproject(top)
    if not is_top(document):
        return []
    inside = top.relative_to(root).as_posix()
    return member_patterns(document) or [
        os.path.relpath(root / one, top)
        for one in find_packages(checkout, checkout.resolve("HEAD"), inside)
    ]


def _change(path: Path, after: str) -> Iterator[_Change]:
    before = _read(path)
    if before != after and path.is_symlink():
        raise UsageError(
            f"{_short(path)} is a symbolic link.", hint="Change what it points to by hand."
        )
    if before != after:
        yield _Change(path=path, before=before, after=after)


def _read(path: Path) -> str:
    """The text of a file, with its own line ends; empty when there is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise UsageError(
            f"{_short(path)} cannot be read: {error.strerror}.", hint="Is it a file of yours?"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{_short(path)} is not in UTF-8.", hint="Change it by hand.") from None


def _pyproject(directory: Path) -> dict[str, object]:
    return parse_toml(_read(directory / "pyproject.toml"), "pyproject.toml")


def _to_ignore(checkout: Checkout, project: Path, root: Path) -> Iterator[str]:
    """The lines of ``.gitignore`` for what builds and nox leave, anchored to the project."""
    inside = project.relative_to(root).as_posix()
    prefix = "/" if inside == "." else f"/{inside}/"
    build = str(_pyproject(project).get("build-system", ""))
    is_setuptools = "setuptools" in build or not build
    source = "src/" if (project / "src").is_dir() else ""
    lines = {
        f"{prefix}.nox/": f"{prefix}.nox/x",
        f"{prefix}dist/": f"{prefix}dist/x",
        **({f"{prefix}build/": f"{prefix}build/x"} if is_setuptools else {}),
        **(
            {f"{prefix}{source}*.egg-info/": f"{prefix}{source}x.egg-info/x"}
            if is_setuptools
            else {}
        ),
        "__pycache__/": f"{prefix}x/__pycache__/x.pyc",
    }
    rules = checkout.ignore_rules(path[1:] for path in lines.values())
    for line, path in lines.items():
        rule = rules.get(path[1:])
        # A developer's own rules exist nowhere else.
        if rule is None or ".gitignore:" not in rule.place or rule.pattern.startswith("!"):
            yield line


def _main_branch(checkout: Checkout) -> str:
    """The branch that others start from: that of the remote, or the usual one."""
    remote = checkout.ask("symbolic-ref", "--short", "-q", "refs/remotes/origin/HEAD")
    named = remote.stdout.decode("utf-8", "replace").strip().partition("/")[2]
    usual = (one for one in ("main", "master") if checkout.find_oid(f"refs/heads/{one}"))
    return named or next(usual, "main")


def _uses_github(checkout: Checkout, root: Path) -> bool:
    """Whether the repository is on GitHub, and no workflow of it mentions us yet."""
    workflows = root / ".github" / "workflows"
    texts = [_read(path) for ending in ("yml", "yaml") for path in workflows.glob(f"*.{ending}")]
    remotes = checkout.ask("config", "--get-regexp", r"^remote\..*\.url$").stdout
    is_there = (root / ".github").is_dir() or b"github.com" in remotes
    return is_there and not any("nox-cleanroom" in text for text in texts)


def _diff(change: _Change) -> str:
    if change.is_hook:
        return f"a hook of git, {_short(change.path)}: test what you push, before it is pushed\n"
    name = _short(change.path)
    lines = difflib.unified_diff(
        change.before.splitlines(),
        change.after.splitlines(),
        name if change.before else "/dev/null",
        name,
        lineterm="",
    )
    return clean_text("\n".join(lines)) + "\n"


def _short(path: Path) -> str:
    return clean_text(os.path.relpath(path))


def _is_agreed(number: int) -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    it = "this file" if number == 1 else counted(number, "file")
    return input(f"Write {it}? [y/N] ").strip().lower() in {"y", "yes"}


def _write(change: _Change) -> None:
    if change.is_hook:
        git_hooks.write(change.path, change.after)
        return
    mode = change.path.stat().st_mode & 0o777 if change.path.exists() else None
    change.path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(change.path, change.after.encode(), mode=0o666)
    if mode is not None:
        change.path.chmod(mode)

"""Git's hooks: installing them, and testing what is pushed or committed (githooks(5))."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from nox_cleanroom.build.project import find_project
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.errors import Code, UsageError, worst_exit_status
from nox_cleanroom.output import show
from nox_cleanroom.places import git_hooks
from nox_cleanroom.processes.process import run_in_foreground
from nox_cleanroom.sessions.choice import newest_here
from nox_cleanroom.sessions.command_line import refusal

#: The hooks that can be installed.
_NAMES = ("pre-push", "pre-commit")


def hook(words: Sequence[str]) -> int:
    """Do what ``nox-cleanroom hook`` asks for; returns the exit status.

    Args:
        words: ``install`` or ``uninstall`` and names of hooks; or ``run``, a name, and the
            arguments of git.

    Raises:
        CleanroomError: the words make no sense, or this is no repository.
    """
    action, names = next(iter(words), ""), [*words[1:]]
    if action == "run" and names[:1]:
        return _run(names[0], names[1:])
    if action not in {"install", "uninstall"}:
        raise UsageError(
            "`hook` needs `install` or `uninstall`.",
            hint="`nox-cleanroom hook install` tests what you push; `hook install pre-commit`"
            " what you commit.",
        )
    for name in names:
        _require_known(name)
    here = Path.cwd()
    checkout = Checkout.find(here)
    if action == "install" and is_shared(checkout):
        raise UsageError(
            f"Git takes the hooks of all repositories from {_directory(checkout)}"
            " (`core.hooksPath`), and ours would run in all of them.",
            hint="`git config core.hooksPath .git/hooks` gives this clone its own.",
        )
    project = find_project(here.resolve(), checkout.root.resolve()) or here
    for name in names or (["pre-push"] if action == "install" else _NAMES):
        path = hook_path(checkout, name)
        if action == "install":
            git_hooks.write(path, hook_script(name, project))
            show(f"wrote {path}")
        elif git_hooks.remove(path):
            show(f"removed {path}")
        elif names:
            show(f"left alone, as nox-cleanroom did not write it: {path}", sys.stderr)
    return 0


def _directory(checkout: Checkout) -> Path:
    """The directory in which git looks for hooks (``core.hooksPath``)."""
    answer = checkout.ask("config", "-z", "--path", "--get-all", "core.hooksPath")
    # The last value is that with which our own calls of git run no hooks.
    values = answer.stdout.split(b"\0")[:-2]
    return checkout.root / os.fsdecode(values[-1] if values else checkout.common_dir / "hooks")


def is_shared(checkout: Checkout) -> bool:
    """Whether other repositories have the same hooks (``core.hooksPath`` of the user)."""
    answer = checkout.ask("config", "-z", "--show-scope", "--get-all", "core.hooksPath")
    # The last one is that with which our own calls of git run no hooks.
    scopes = answer.stdout.split(b"\0")[:-3:2]
    return bool(scopes) and scopes[-1] in {b"global", b"system"}


def hook_path(checkout: Checkout, name: str) -> Path:
    """Where git looks for a hook, such as ``pre-push``."""
    return _directory(checkout) / name


def hook_script(name: str, project: Path) -> str:
    """The command of a hook; git runs it at the top of the checkout.

    Args:
        name: such as ``pre-push``.
        project: the directory that it tests.
    """
    words = shlex.join(["hook", "run", name])
    inside = project.relative_to(Checkout.find(project).root.resolve())
    program = shlex.quote(sys.executable)
    return (
        f"cd {shlex.quote(str(inside))} 2>/dev/null || {{\n"
        f"    echo {shlex.quote(_gone(str(inside)))} >&2\n    exit 1\n}}\n"
        f'if [ -x {program} ]; then exec {program} -m nox_cleanroom {words} "$@"; fi\n'
        f'exec nox-cleanroom {words} "$@"'
    )


def _gone(directory: str) -> str:
    return (
        f"nox-cleanroom: there is no {directory} here, which this hook tests."
        " `git push --no-verify` pushes without a test, and `nox-cleanroom hook uninstall` removes"
        " the hook."
    )


def _run(name: str, arguments: Sequence[str]) -> int:
    """Run the hook that was there before, and then test; git gives some hooks lines to read."""
    _require_known(name)
    checkout = Checkout.find(Path.cwd())
    lines = b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
    before = git_hooks.kept(_directory(checkout) / name)
    if os.access(before, os.X_OK):
        status = run_in_foreground([before, *arguments], given=lines)
        if status:
            return status
    command = [sys.executable, "-m", "nox_cleanroom"]
    if name == "pre-commit":
        newest = newest_here(supported_pythons(), Path.cwd())
        return run_in_foreground([*command, f"smoke-{newest}", "--staged"])
    revs = ["HEAD"]
    pushed = os.environ.get("PRE_COMMIT_TO_REF") or os.environ.get("PRE_COMMIT_LOCAL_BRANCH")
    if pushed:
        # The framework pre-commit has read git's lines (https://pre-commit.com).
        revs = [pushed]
    elif lines or arguments:
        # Git passes the remote in two arguments, even when a push has nothing to send.
        revs = [*dict.fromkeys(_tips(checkout, lines.decode("utf-8", "surrogateescape")))]
    statuses = set[int]()
    for rev in revs:
        statuses.add(run_in_foreground([*command, "smoke", "--rev", rev]))
        if Code.INTERRUPTED.exit_status in statuses:
            break
    return worst_exit_status(statuses)


def _require_known(name: str) -> None:
    if name not in _NAMES:
        raise refusal("hook", name, _NAMES)


def _tips(checkout: Checkout, lines: str) -> Iterator[str]:
    """The commits that git is about to push, from its lines about refs (githooks(5))."""
    for line in lines.splitlines():
        # From the right, because a local ref such as `:/fix it` may contain spaces.
        _, oid, remote_ref, _ = line.rsplit(" ", 3)
        if remote_ref.startswith("refs/notes/") or not oid.strip("0"):
            # Only zeros: the remote ref is deleted.
            continue
        peeled = checkout.ask("rev-parse", "--verify", "--quiet", f"{oid}^{{commit}}")
        # A tag may point to a tree or a blob, which cannot be built.
        if peeled.returncode != 0:
            checkout.must("cat-file", "-t", oid)
        else:
            yield peeled.stdout.decode().strip()

"""A checkout, and what git reports about it: one question per method, in machine formats only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path

from filelock import BaseFileLock

from nox_cleanroom.checkout import git
from nox_cleanroom.checkout.commit import Commit, read_commit
from nox_cleanroom.checkout.ignore_rules import IgnoreRule, read_rules
from nox_cleanroom.checkout.index import Index
from nox_cleanroom.places.layout import repository_lock
from nox_cleanroom.records import dataclass


@dataclass(frozen=True)
class Checkout:
    """The working tree that the run was started from, and its git directories."""

    #: The top level of the working tree.
    root: Path
    #: The directory of this working tree's own state: HEAD, index.
    git_dir: Path
    #: The directory that all working trees share: refs, configuration, worktrees.
    common_dir: Path
    #: A directory with further objects; None when all are in the repository.
    objects: Path | None = None

    @classmethod
    def find(cls, start: Path) -> Checkout:
        """The checkout that contains `start`.

        Raises:
            RepositoryError: there is none, or git does not open its repository.
            ProjectError: `start` is no directory.
        """
        return cls(*git.locate(Path(os.path.abspath(start))))

    def resolve(self, rev: str) -> Commit:
        """The commit that a revision names.

        Raises:
            RepositoryError: `NO_COMMITS` for an unborn HEAD, `REVISION_UNKNOWN` otherwise.
        """
        return self.commit(self.oid_of(rev))

    def commit(self, oid: str) -> Commit:
        """The commit with an object id."""
        return read_commit(oid, self._ask_once("cat-file", "commit", oid).stdout)

    def describe(self, commit: Commit) -> str:
        """The output of ``git describe --tags --always``, which version tools read, too."""
        answer = self.ask("describe", "--tags", "--always", "--long", commit.oid)
        return answer.stdout.decode("utf-8", "replace").strip() or commit.short

    def oid_of(self, rev: str) -> str:
        """The object id of the commit that a revision names; see `resolve`."""
        oid = self.find_oid(rev)
        if not oid:
            raise git.unresolved(self.root, rev)
        return oid

    def find_oid(self, rev: str) -> str:
        """The object id of the commit that a revision names; empty when it names none."""
        question = _named(rev)
        answer = self._answers.get(question) or self.ask(*question)
        return answer.stdout.decode().strip() if answer.returncode == 0 else ""

    def pin_head(self) -> str:
        """The object id of HEAD, as `find_oid` returns it from now on in this process."""
        self._ask_once(*_named("HEAD"))
        return self.find_oid("HEAD")

    def read_file(self, commit: Commit, path: str) -> str | None:
        """The text of a file at a commit; None when the commit has no such file."""
        return self.read_at(commit.oid, path)

    def read_at(self, oid: str, path: str) -> str | None:
        """The text of a file at the commit with an object id; see `read_file`."""
        answer = self._ask_once(*_blob(oid, path))
        return answer.stdout.decode("utf-8", "replace") if answer.returncode == 0 else None

    def read_ahead(self, oid: str, paths: Sequence[str]) -> None:
        """Read a commit and files at it with one process, for later calls of `read_at`."""
        wanted: dict[tuple[str, ...], str] = {("cat-file", "commit", oid): oid}
        wanted |= {_blob(oid, path): f"{oid}:{path}" for path in paths if "\n" not in path}
        unknown = {one: name for one, name in wanted.items() if one not in self._answers}
        if not unknown:
            return
        given = os.fsencode("".join(f"{name}\n" for name in unknown.values()))
        rest = self.ask("cat-file", "--batch", given=given).stdout
        for question in unknown:
            # https://git-scm.com/docs/git-cat-file#_batch_output
            about, _, rest = rest.partition(b"\n")
            kind, _, size = about.rpartition(b" ")
            if kind.endswith((b" blob", b" commit")):
                content, rest = rest[: int(size)], rest[int(size) + 1 :]
                answer = subprocess.CompletedProcess([], 0, content)
            elif size == b"missing":
                answer = subprocess.CompletedProcess([], 1, b"")
            else:
                # Neither a file nor nothing, so `read_at` asks for the rest.
                break
            self._answers[question] = answer

    def file_names(self, commit: Commit) -> list[str]:
        """Every path of a commit."""
        return [name for _, name in self._files(commit)]

    def executables(self, commit: Commit) -> list[str]:
        """The paths of a commit's files that may be executed."""
        return [name for mode, name in self._files(commit) if mode == b"100755"]

    def _files(self, commit: Commit) -> list[tuple[bytes, str]]:
        """The modes and the paths of a commit's files."""
        answer = self.list_tree(commit.oid)
        if answer.returncode != 0:
            raise git.failure(answer)
        lines = (line.partition(b"\t") for line in answer.stdout.split(b"\0")[:-1])
        return [(about.partition(b" ")[0], os.fsdecode(path)) for about, _, path in lines]

    def gitlinks(self, oid: str, repository: Path | None = None) -> dict[str, str] | None:
        """The paths of a commit's submodules, and the commit that each one is at.

        Args:
            oid: the commit.
            repository: the git directory that contains the commit; None for this checkout's.

        Returns:
            None when the repository lacks the commit.
        """
        answer = self.list_tree(oid, repository)
        if answer.returncode != 0:
            return None
        lines = (line for line in answer.stdout.split(b"\0") if line.startswith(b"160000 "))
        found = (line.partition(b"\t") for line in lines)
        return {os.fsdecode(path): head.split()[2].decode() for head, _, path in found}

    def submodule_names(self, oid: str, repository: Path | None = None) -> dict[str, str]:
        """The names under which git keeps a commit's submodules, by their paths.

        Args:
            oid: the commit.
            repository: the git directory that contains the commit; None for this checkout's.
        """
        wanted = ("config", "-z", "--blob", f"{oid}:.gitmodules", "--get-regexp")
        answer = self._ask_once(*_of(repository), *wanted, r"^submodule\..*\.path$")
        pairs = (one.partition(b"\n") for one in answer.stdout.split(b"\0") if one)
        return {
            os.fsdecode(path): os.fsdecode(key)[len("submodule.") : -len(".path")]
            for key, _, path in pairs
        }

    def list_tree(
        self, oid: str, repository: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Git's list of everything in a commit; asked once in a process."""
        return self._ask_once(*_of(repository), "ls-tree", "-r", "-z", "--full-tree", oid)

    @property
    def _answers(self) -> dict[tuple[str, ...], subprocess.CompletedProcess[bytes]]:
        return _answers_of(self.git_dir, self.objects)

    def _ask_once(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        if arguments not in self._answers:
            self._answers[arguments] = self.ask(*arguments)
        return self._answers[arguments]

    def uncommitted(self) -> dict[bytes, bytes]:
        """Paths that differ from HEAD, or are new and not ignored, with git's two letters."""
        which = ("--untracked-files=all", "--ignore-submodules=none", "--no-renames")
        records = self.must("status", "--porcelain=v1", "-z", *which).split(b"\0")
        return {record[3:]: record[:2] for record in records if record}

    def is_new(self, path: Path) -> bool:
        """Whether a file is neither tracked nor ignored by any rule."""
        answer = self.ask("ls-files", "--others", "--exclude-standard", "-z", "--", str(path))
        return answer.returncode == 0 and bool(answer.stdout)

    def unignored(self) -> list[str]:
        """New paths that no tracked ignore rule covers; a new directory is one path, with a ``/``.

        Only ``.gitignore`` files count, because a developer's own rules, such as those in
        ``info/exclude``, exist nowhere else.
        """
        return self._list_files("--others", "--directory", "--no-empty-directory")

    def ignored_files(self) -> list[str]:
        """Files that are not tracked and that a tracked ignore rule covers."""
        return self._list_files("--others", "--ignored")

    def tracked_but_ignored(self) -> list[str]:
        """Files that are tracked although a tracked ignore rule covers them."""
        return self._list_files("--cached", "--ignored")

    def _list_files(self, *which: str) -> list[str]:
        names = self.must("ls-files", "-z", *which, "--exclude-per-directory=.gitignore")
        return [os.fsdecode(name) for name in names.split(b"\0") if name]

    def ignore_rules(self, paths: Iterable[str]) -> dict[str, IgnoreRule]:
        """For each of `paths` the rule that covers it."""
        wanted = b"\0".join(os.fsencode(path) for path in paths)
        if not wanted:
            return {}
        answer = self.ask("check-ignore", "-v", "-z", "--stdin", "--no-index", given=wanted + b"\0")
        return read_rules(answer.stdout)

    def index(self) -> Index:
        """The staged files."""
        return Index(self.list_staged())

    def list_staged(self, *but: str) -> bytes:
        """The staged files, in the format of `Index`; `but` are pathspecs that exclude some."""
        return self.must("ls-files", "--stage", "-v", "-z", "--full-name", ":/", *but)

    def moved_since_index(self) -> frozenset[bytes] | None:
        """Tracked paths whose ``lstat`` result differs from the one in the index.

        None when git fails. Git compares whole seconds, unless it was built otherwise, and does not
        refresh the index. (https://git-scm.com/docs/git-diff-index, `diff-files`)
        """
        options = git.configured(
            "core.trustCtime=true", "core.checkStat=default", "core.fileMode=true"
        )
        answer = self.ask(*options, "diff-files", "--name-only", "-z", "--ignore-submodules=all")
        return frozenset(answer.stdout.split(b"\0")) if answer.returncode == 0 else None

    def refs(self) -> dict[str, str]:
        """Branches, tags, the stash and other refs, without remote-tracking ones."""
        lines = self.must("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        pairs = (os.fsdecode(line).rpartition(" ") for line in lines)
        return {name: oid for name, _, oid in pairs if not name.startswith("refs/remotes/")}

    def ignored(self, paths: Iterable[bytes]) -> frozenset[bytes]:
        """Those of `paths` that an ignore rule covers and that are not tracked."""
        wanted = list(paths)
        if not wanted:
            return frozenset()
        answer = self.ask("check-ignore", "-z", "--stdin", given=b"\0".join(wanted) + b"\0")
        return frozenset(answer.stdout.split(b"\0")) & frozenset(wanted)

    @cached_property
    def configuration(self) -> tuple[str, ...]:
        """The settings at the first call, each as its name, a newline and its value."""
        answer = self.must("config", "--list", "-z", "--includes")
        return tuple(os.fsdecode(one) for one in answer.split(b"\0") if one)

    def setting(self, name: str) -> str:
        """The last value of a setting; one without a value is true."""
        found = [one.partition("\n") for one in self.configuration]
        values = [value if newline else "true" for key, newline, value in found if key == name]
        return values[-1].strip() if values else ""

    def has_all_objects(self) -> bool:
        """Whether every object exists that refs, HEAD and the index need; that may take long.

        Objects that a partial clone leaves out are not needed, and not fetched.
        """
        needed = ("--all", "--indexed-objects", "--missing=allow-promisor")
        return self.ask("rev-list", "--quiet", "--objects", *needed).returncode == 0

    @cached_property
    def turn(self) -> BaseFileLock:
        """The lock for adding worktrees, for all threads and processes."""
        return repository_lock(self.common_dir)

    @property
    def is_shallow(self) -> bool:
        """Whether the history is incomplete, as in CI checkouts by default."""
        return (self.common_dir / "shallow").exists()

    def ask(
        self,
        *arguments: str | bytes,
        given: bytes | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Git's answer in this checkout, whatever its exit status."""
        more = git.borrowing(self.objects) if self.objects else {}
        return git.ask(self.root, *arguments, given=given, env={**more, **(env or {})})

    def must(self, *arguments: str | bytes) -> bytes:
        """Git's answer in this checkout.

        Raises:
            RepositoryError: git failed.
        """
        answer = self.ask(*arguments)
        if answer.returncode != 0:
            raise git.failure(answer)
        return answer.stdout


@cache
def _answers_of(
    _git_dir: Path, _objects: Path | None
) -> dict[tuple[str, ...], subprocess.CompletedProcess[bytes]]:
    """Answers that all sessions of a process share: about objects, and about HEAD if pinned."""
    return {}


def _named(rev: str) -> tuple[str, ...]:
    # What follows `:/` is what to search messages for.
    spelled = rev if rev.startswith(":/") else f"{rev}^{{commit}}"
    return ("rev-parse", "-q", "--verify", "--end-of-options", spelled)


def _blob(oid: str, path: str) -> tuple[str, ...]:
    return ("cat-file", "blob", f"{oid}:{path}")


def _of(repository: Path | None) -> tuple[str, ...]:
    """The options with which git reads a repository by its git directory.

    Its configuration may name a working tree that does not exist, where git would fail.
    """
    return (f"--git-dir={repository}", f"--work-tree={repository}") if repository else ()

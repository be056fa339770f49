"""Real repositories, sealed from the developer's git and from the CI that runs the tests."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import textwrap
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest

from nox_cleanroom import redaction
from nox_cleanroom.checkout import git as checkout_git
from nox_cleanroom.checkout.checkout import Checkout
from nox_cleanroom.members import record_digest
from nox_cleanroom.processes import supervision

IN_CI = bool(os.environ.get("CI"))
# What a shell starts in the background ignores interrupts, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

HERE = Path(__file__).parent
#: A build backend that lies in the project and needs nothing, so that builds need no index.
BACKEND = (HERE / "in_tree_backend.py").read_text(encoding="utf-8")

_NUMBERS = itertools.count()

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


#: New repositories have no sample hooks, which are most of their files; nothing waits for the disk;
#: and no commit starts two more processes, which look for something to tidy up.
GIT_SETTINGS = (
    "[core]\n\tfsync = none\n[init]\n\ttemplateDir = {}\n\tdefaultBranch = main\n"
    "[maintenance]\n\tauto = false\n"
)


def pytest_collection_finish() -> None:
    """Whatever the tests are made of lives until the end: garbage need not be looked for in it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _new_files_are_deleted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Delete what tests have made when all have passed: files are deleted quickly while they are new.

    Pytest itself would keep them for three more runs, and then delete them slowly.
    """
    yield
    if not request.session.testsfailed:
        for path in tmp_path_factory.getbasetemp().iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(autouse=True)
def _sealed(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    seal(monkeypatch, tmp_path_factory)


def seal(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let neither the developer's configuration nor this test run reach what is tested."""
    # Not by `mktemp`, which looks through all of the directories that there are by now.
    place = tmp_path_factory.getbasetemp() / f"sealed{next(_NUMBERS)}"
    home, temporary = place / "home", place / "temporary"
    for directory in (place, home, temporary):
        directory.mkdir()
    for name in list(os.environ):
        if name.startswith(("GIT_", "NOX", "GITHUB_", "PYTEST_", "COV_")):
            monkeypatch.delenv(name, raising=False)
    for name in ("CI", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "UV_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path_factory.getbasetemp() / "git-settings"
    if not settings.exists():
        template = tmp_path_factory.mktemp("git-template")
        write_files(template, {"info/exclude": "", "hooks/README": ""})
        settings.write_text(GIT_SETTINGS.format(template))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    # Where pip and uv look for the configuration of the system.
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(home / "config"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A Tester")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "tester@example.org")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-01-01T00:00:00Z")
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    redaction.forget()
    # A test before may have ended a run.
    supervision.allow_starts()


@pytest.fixture(scope="session", autouse=True)
def _git_is_asked_once_for_its_version() -> Iterator[None]:
    """Every checkout that is found asks for it, and it stays what it is while tests run."""
    ask, known = checkout_git.git_version, dict[str | None, tuple[int, ...]]()

    def git_version(where: Path) -> tuple[int, ...]:
        program = shutil.which("git")
        if program not in known:
            known[program] = ask(where)
        return known[program]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checkout_git, "git_version", git_version)
        yield


def git(where: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=where,
        check=True,
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
    )
    return done.stdout


def write_files(root: Path, files: Mapping[str, str]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")


def commit_all(root: Path, message: str = "a commit") -> None:
    git(root, "add", "--all", "--force")
    git(root, "commit", "--quiet", "--allow-empty", "-m", message)


def make_repository(root: Path, files: Mapping[str, str]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet")
    write_files(root, files)
    commit_all(root)
    return root


def configure(root: Path, settings: Mapping[str, str]) -> None:
    """Add to the configuration of a repository, as `git config` does."""
    with (root / ".git" / "config").open("a", encoding="utf-8") as file:
        for name, value in settings.items():
            section, _, key = name.rpartition(".")
            first, _, second = section.partition(".")
            heading = f'{first} "{second}"' if second else first
            file.write(f"[{heading}]\n\t{key} = {value}\n")


@pytest.fixture
def expire(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Lets every time limit end when there is a certain file, whatever the clock says."""

    def when_there_is(file: Path) -> None:
        class Timer(threading.Timer):
            def run(self) -> None:
                while not file.exists():
                    if self.finished.wait(0.005):
                        return
                self.function()

        monkeypatch.setattr("threading.Timer", Timer)

    return when_there_is


def copy_checkout(source: Path, target: Path) -> Path:
    """A copy of a repository, with its working tree, that git finds as clean as the original."""
    shutil.copytree(source, target, symlinks=True)
    refresh_index(target)
    return target


def refresh_index(root: Path) -> None:
    """Note in a copied index which files the copies are, as `git update-index --refresh` does.

    Without a process, because most tests need it. What was changed in the original has another time
    than the index says, and is left alone. (https://git-scm.com/docs/index-format, version 2)
    """
    place = root / ".git" / "index"
    index = bytearray(place.read_bytes())
    start = 12
    for _ in range(int.from_bytes(index[8:12], "big")):
        end = index.index(0, start + 62)
        with contextlib.suppress(FileNotFoundError):
            found = os.lstat(os.path.join(os.fsencode(root), bytes(index[start + 62 : end])))
            changed, modified = (divmod(ns, 10**9) for ns in (found.st_ctime_ns, found.st_mtime_ns))
            if index[start + 8 : start + 16] == struct.pack(">2I", *modified):
                numbers = (*changed, *modified, found.st_dev, found.st_ino % 2**32)
                struct.pack_into(">6I", index, start, *numbers)
        # Names end with one to eight NULs, so that each entry begins at a multiple of eight.
        start += (end - start) // 8 * 8 + 8
    index[-20:] = hashlib.sha1(index[:-20], usedforsecurity=False).digest()
    place.write_bytes(index)


#: Git takes submodules from the network only, unless it is told otherwise.
FROM_FILES = ("-c", "protocol.file.allow=always")


def add_submodule(root: Path, library: Path, path: str, *options: str) -> None:
    git(root, *FROM_FILES, "submodule", "-q", "add", *options, str(library), path)
    commit_all(root, f"with {path}")


def pyproject(*, tool: str = "", **fields: Any) -> str:
    """The pyproject.toml of a project that builds without an index."""
    project = {"name": "demo", "version": "1.0", "requires-python": ">=3.9", **fields}
    scripts = project.pop("scripts", None)
    lines = ["[build-system]", "requires = []", 'build-backend = "in_tree_backend"']
    lines += ['backend-path = ["."]', "[project]"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in project.items()]
    if scripts:
        lines += ["[project.scripts]", *(f'{name} = "{value}"' for name, value in scripts.items())]
    return "\n".join(lines) + "\n" + textwrap.dedent(tool)


def demo_files(**changes: str | None) -> dict[str, str]:
    """The files of a healthy project, with some changed, added or (None) left out."""
    files: dict[str, str | None] = {
        "pyproject.toml": pyproject(scripts={"demo": "demo:main"}),
        "in_tree_backend.py": BACKEND,
        "src/demo/__init__.py": "def main():\n    print('hello')\n",
        "src/demo/part.py": "VALUE = 1\n",
        ".gitignore": "/.nox/\n__pycache__/\n",
    }
    files.update(changes)
    return {name: content for name, content in files.items() if content is not None}


#: A backend whose sdist leaves out what begins with an underscore.
HIDING_BACKEND = BACKEND.replace(
    "        for name, path in _sources():\n            archive.add",
    "        for name, path in _sources():\n"
    "          if '/_' not in name.replace('__', ''):\n"
    "            archive.add",
)


@pytest.fixture(scope="session")
def demo_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of `demo_files()`, to be copied; in a pack, its objects are few files."""
    with pytest.MonkeyPatch.context() as patched:
        seal(patched, tmp_path_factory)
        root = make_repository(tmp_path_factory.mktemp("demo") / "checkout", demo_files())
        git(root, "repack", "-adq")
        return root


@pytest.fixture
def repository(tmp_path: Path, demo_repository: Path) -> Callable[..., Path]:
    """Makes a repository from a dict of files; `demo_files()` when there is none."""

    def make(files: Mapping[str, str] | None = None, name: str = "checkout") -> Path:
        if files is None:
            return copy_checkout(demo_repository, tmp_path / name)
        return make_repository(tmp_path / name, files)

    return make


@pytest.fixture
def checkout(repository: Callable[..., Path]) -> Checkout:
    return Checkout.find(repository())


def state_of(root: Path) -> tuple[str, str]:
    """What git says of a checkout, without a word of ours."""
    return git(root, "status", "--porcelain", "--ignored"), git(root, "worktree", "list")


def make_wheel(
    directory: Path,
    files: Mapping[str, str],
    *,
    name: str = "demo",
    version: str = "1.0",
    tag: str = "py3-none-any",
    metadata: str = "",
) -> Path:
    """A wheel from a dict, with a right RECORD unless the files bring their own."""
    info = f"{name}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    rows = [f"{path},{record_digest(text.encode())}," for path, text in contents.items()]
    contents.setdefault(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]) + "\n")
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in contents.items():
            archive.writestr(member, text)
    return path


@dataclass(frozen=True)
class Ran:
    """What a command of the tool did."""

    status: int
    out: str
    err: str
    evidence: dict[str, Any]

    @property
    def text(self) -> str:
        return self.out + self.err

    def probe(self, name: str) -> list[dict[str, Any]]:
        """The results of a probe in the first cell."""
        return [one for one in self.evidence["cells"][0]["probes"] if one["probe"] == name]


Tool = Callable[..., Ran]


@pytest.fixture
def cleanroom(tmp_path: Path) -> Tool:
    """Runs `nox-cleanroom` in a directory, and reads the evidence that it wrote."""

    def run(
        where: Path, *arguments: str, env: Mapping[str, str] | None = None, report: bool = True
    ) -> Ran:
        reports = tmp_path / "reports"
        shutil.rmtree(reports, ignore_errors=True)
        words = [*arguments, *(["--report-dir", str(reports)] if report else [])]
        done = subprocess.run(
            [sys.executable, "-m", "nox_cleanroom", *words],
            cwd=where,
            env={**os.environ, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=300,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr, _evidence(reports))

    return run


#: Every file of evidence that a test reads has the published schema.
VALID = fastjsonschema.compile(
    json.loads((HERE.parent / "docs/reference/evidence.schema.json").read_text(encoding="utf-8"))
)


def _evidence(reports: Path) -> dict[str, Any]:
    for path in reports.glob("*.json"):
        if not path.name.endswith("-commits.json"):
            VALID(json.loads(path.read_text(encoding="utf-8")))
    for path in [reports / "matrix.json", *sorted(reports.glob("*.json"))]:
        if path.exists():
            document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return document
    return {}


@pytest.fixture(scope="session")
def pythons() -> list[str]:
    """The interpreters of this machine that a matrix can use, the running one among them."""
    found = [name for name in ("3.10", "3.11", "3.12", "3.13", "3.14") if _answers(name)]
    return sorted({*found, PYTHON}, key=lambda name: int(name.partition(".")[2]))


@pytest.fixture
def several(pythons: list[str]) -> list[str]:
    if len(pythons) < 2:
        # What CI leaves out, nobody runs.
        (pytest.fail if IN_CI else pytest.skip)("needs two interpreters on PATH")
    return pythons


def _answers(name: str) -> bool:
    program = shutil.which(f"python{name}")
    if program is None:
        return False
    # A version manager's stand-in is on PATH also when the version behind it is not active.
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.fixture
def without_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No uv to be found: not on PATH, not as a package beside nox."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", os.pathsep.join([str(tools), *_directories_without_uv()]))
    monkeypatch.delenv("UV", raising=False)
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "uv.py").write_text("raise ImportError('there is no uv here')\n")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    assert shutil.which("uv") is None


def _directories_without_uv() -> list[str]:
    directories = os.environ["PATH"].split(os.pathsep)
    return [one for one in directories if not (Path(one) / "uv").exists()]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every", type=int, default=1, help="run every Nth test, and no slow one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    every = config.getoption("--every")
    if every > 1:
        quick = [item for item in items if item.get_closest_marker("slow") is None]
        chosen = [item for place, item in enumerate(quick) if _turn(item, place) % every == 0]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen


def _turn(item: pytest.Item, place: int) -> int:
    """What `--every` counts: an item's place among all, or the turn that it has of its own."""
    marker = item.get_closest_marker("turn")
    return place if marker is None else int(marker.args[0])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many faults were found, and what was no fault and yet reported."""
    faults, sound = _recorded(terminalreporter, "fault"), _recorded(terminalreporter, "sound")
    if not faults and not sound:
        return
    missed = {name: answer for name, answer in faults.items() if answer}
    alarms = {name: answer for name, answer in sound.items() if answer}
    for name, answer in sorted({**missed, **alarms}.items()):
        terminalreporter.write_line(f"{name}: {answer}")
    terminalreporter.write_line(
        f"faults: {len(faults) - len(missed)} of {len(faults)} found,"
        f" {len(alarms)} false alarms in {len(sound)} sound projects"
    )


def _recorded(terminalreporter: Any, kind: str) -> dict[str, str]:
    """What tests/faults recorded: what is wrong with each answer of the tool, or nothing."""
    return {
        report.nodeid.partition("[")[2].rstrip("]"): str(answer)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for name, answer in report.user_properties
        if name == kind
    }

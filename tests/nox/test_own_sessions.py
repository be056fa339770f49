"""The commit's wheel in the sessions of a project's own noxfile, run by nox itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from conftest import BACKEND, PYTHON, commit_all, demo_files, git, pyproject

Make = Callable[..., Path]

#: Says where the package comes from, and what it is.
SHOW = "import demo, demo.part; print('VALUE', demo.part.VALUE, demo.__file__)"

HEADER = """
from pathlib import Path

import nox
import nox_cleanroom

SHOW = {show!r}

"""


def noxfile(*lines: str, options: str = "") -> str:
    """A noxfile with a session ``own``."""
    body = "\n".join(f"    {line}" for line in lines)
    return f"{HEADER.format(show=SHOW)}@nox.session({options})\ndef own(session):\n{body}\n"


def project(text: str, **changes: str | None) -> dict[str, str]:
    return demo_files(**{"noxfile.py": text, ".gitignore": "/.nox/\n__pycache__/\n", **changes})


def run_nox(
    root: Path, *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nox", *arguments],
        cwd=root,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


SHOWS = 'session.run("python", "-c", SHOW)'


@pytest.mark.parametrize("backend", ["uv", "virtualenv"])
def test_what_is_committed_is_installed_and_not_what_lies_there(
    repository: Make, backend: str
) -> None:
    text = noxfile("nox_cleanroom.install(session)", SHOWS, options=f"venv_backend={backend!r}")
    root = repository(project(text))
    (root / "src/demo/part.py").write_text("VALUE = 'not committed'\n")
    done = run_nox(root, "-s", "own")
    assert done.returncode == 0, done.stdout
    (shown,) = [line for line in done.stdout.splitlines() if line.startswith("VALUE")]
    assert shown.startswith(f"VALUE 1 {root}{os.sep}.nox{os.sep}own")
    assert "installed demo-1.0-py3-none-any.whl (sha256 " in done.stdout
    assert git(root, "status", "--porcelain").split() == ["M", "src/demo/part.py"]


def test_one_build_serves_all_sessions_also_side_by_side(
    repository: Make, several: list[str], tmp_path: Path
) -> None:
    builds = tmp_path / "builds"
    text = noxfile(
        "nox_cleanroom.install(session)",
        SHOWS,
        options=f"python={several[:2]}, allow_parallel=True",
    )
    counting = BACKEND.replace(
        "def build_wheel(", f"open({str(builds)!r}, 'a').write('x')\n\n\ndef build_wheel("
    )
    assert counting != BACKEND
    root = repository(project(text, **{"in_tree_backend.py": counting}))
    done = run_nox(root, "-j", "2", "-s", "own")
    assert done.returncode == 0, done.stdout
    once = builds.read_text()
    assert run_nox(root, "-s", "own").returncode == 0
    assert builds.read_text() == once
    # The backend is loaded once or twice for a build.
    assert len(once) <= 2


def test_another_commit_of_the_same_version_replaces_the_first_one(
    repository: Make, without_uv: None
) -> None:
    text = noxfile("nox_cleanroom.install(session)", SHOWS)
    root = repository(project(text))
    assert "VALUE 1 " in run_nox(root, "-r", "-s", "own").stdout
    (root / "src/demo/part.py").write_text("VALUE = 2\n")
    commit_all(root)
    again = run_nox(root, "-r", "-s", "own").stdout
    assert "VALUE 2 " in again, again
    (root / "src/demo/part.py").write_text("VALUE = 3\n")
    commit_all(root)
    # With -R nothing is installed, as by `session.install`.
    assert "VALUE 2 " in run_nox(root, "-R", "-s", "own").stdout


def test_any_commit_and_any_project(repository: Make) -> None:
    text = noxfile("nox_cleanroom.install(session, rev='v1', project='sub')", SHOWS)
    files = project(text)
    sub = {f"sub/{name}": files.pop(name) for name in [*files] if name[0] in "psi"}
    root = repository({**files, **sub})
    git(root, "tag", "v1")
    (root / "sub/src/demo/part.py").write_text("VALUE = 2\n")
    commit_all(root)
    done = run_nox(root, "-s", "own")
    assert "VALUE 1 " in done.stdout, done.stdout


def test_groups_and_requirements_come_with_it(repository: Make, tmp_path: Path) -> None:
    text = noxfile(
        "nox_cleanroom.install(session, 'absent-one', groups=['test'])", "print('unreachable')"
    )
    groups = '[dependency-groups]\ntest = ["absent-two"]\n'
    root = repository(project(text, **{"pyproject.toml": pyproject(tool=groups)}))
    empty = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
    done = run_nox(root, "-s", "own", env=empty)
    assert done.returncode == 1
    assert "INSTALL_FAILED" in done.stdout
    assert "absent-" in done.stdout
    assert "unreachable" not in done.stdout


def test_relative_paths_start_at_the_noxfile(repository: Make) -> None:
    text = noxfile("nox_cleanroom.install(session, '-r', 'tests/requirements.txt')")
    root = repository(project(text, **{"tests/requirements.txt": "absent-one\n"}))
    done = run_nox(root, "-s", "own", env={"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"})
    assert done.returncode == 1
    assert "absent-one" in done.stdout


WRONG: dict[str, tuple[str, str, str]] = {
    "editable": (
        "",
        "nox_cleanroom.install(session, '-e', '.')",
        "OPTION_INVALID: `install` cannot take '-e'",
    ),
    "editable, in one word": (
        "",
        "nox_cleanroom.install(session, '--editable=.')",
        "OPTION_INVALID: `install` cannot take '--editable=.'",
    ),
    "the project itself": (
        "",
        "nox_cleanroom.install(session, './[cli]')",
        "OPTION_INVALID: `install` cannot take './[cli]'",
    ),
    "the project by its address": (
        "",
        "nox_cleanroom.install(session, 'demo @ ' + Path().absolute().as_uri())",
        "OPTION_INVALID: `install` cannot take 'demo @ file:",
    ),
    "no environment": (
        "venv_backend='none'",
        "nox_cleanroom.install(session)",
        "ENVIRONMENT_REFUSED: The session's environment is 'none'",
    ),
    "no such group": (
        "",
        "nox_cleanroom.install(session, groups=['test'])",
        "CONFIG_INVALID: The dependency groups cannot be resolved",
    ),
    "no such extra": (
        "",
        "nox_cleanroom.install(session, extras=['cli'])",
        "CONFIG_INVALID: demo-1.0-py3-none-any.whl has no extra 'cli'",
    ),
    "no such commit": (
        "",
        "nox_cleanroom.install(session, rev='v9')",
        "REVISION_UNKNOWN: 'v9' is no commit of this repository",
    ),
    "run before install": (
        "",
        "nox_cleanroom.run(session, 'python', '-V')",
        "OPTION_INVALID: `run` needs what `install` installs",
    ),
    "no such test sources": (
        "",
        "nox_cleanroom.install(session); nox_cleanroom.run(session, 'x', test_sources=['tests'])",
        "CONFIG_INVALID: The test sources name 'tests'",
    ),
}


@pytest.mark.parametrize(("options", "line", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_a_sentence(
    repository: Make, options: str, line: str, words: str
) -> None:
    root = repository(project(noxfile(line, "print('unreachable')", options=options)))
    done = run_nox(root, "-s", "own")
    assert done.returncode == 1
    assert words in done.stdout
    assert "Traceback" not in done.stdout
    assert "unreachable" not in done.stdout
    assert git(root, "status", "--porcelain") == ""


def test_a_build_that_changes_the_checkout_fails_the_session(
    repository: Make, tmp_path: Path
) -> None:
    place = tmp_path / "checkout" / "junk.txt"
    dirty = BACKEND.replace(
        "def build_wheel(", f"open({str(place)!r}, 'w').close()\n\n\ndef build_wheel("
    )
    text = noxfile("nox_cleanroom.install(session)")
    root = repository(project(text, **{"in_tree_backend.py": dirty}))
    assert root == place.parent
    done = run_nox(root, "-s", "own")
    assert done.returncode == 1
    assert "junk.txt (created)" in done.stdout
    assert "DIRTY_REPO_POST" in done.stdout


def test_wheel_and_sdist_are_files_that_stay(repository: Make) -> None:
    text = noxfile(
        "nox_cleanroom.sdist(session)",
        "print('FILE', nox_cleanroom.wheel(session))",
        "print('FILE', nox_cleanroom.sdist(session))",
        options="venv_backend='none'",
    )
    root = repository(project(text))
    done = run_nox(root, "-s", "own")
    assert done.returncode == 0, done.stdout
    files = [Path(line[5:]) for line in done.stdout.splitlines() if line.startswith("FILE ")]
    assert [file.name for file in files] == ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"]
    assert all(file.is_file() and file.is_relative_to(root / ".nox") for file in files)


#: A flat layout, whose tests say what they test.
FLAT: dict[str, str | None] = {
    "src/demo/__init__.py": None,
    "src/demo/part.py": None,
    "demo/__init__.py": "def main(): pass\n",
    "demo/part.py": "VALUE = 1\n",
    "tests/check.py": "import demo, sys\nprint('TESTED', demo.__file__)\n",
    "in_tree_backend.py": BACKEND.replace('"src"', '"."'),
}


def test_run_tests_what_is_installed_where_the_source_lies_beside(repository: Make) -> None:
    assert FLAT["in_tree_backend.py"] != BACKEND
    text = noxfile(
        "nox_cleanroom.install(session)",
        "nox_cleanroom.run(session, 'python', 'tests/check.py', test_sources=['tests', 'demo'])",
    )
    root = repository(project(text, **FLAT))
    done = run_nox(root, "-s", "own")
    assert done.returncode == 0, done.stdout
    assert f"TESTED {root}{os.sep}.nox{os.sep}own" in done.stdout
    assert "demo can be imported from the current directory, too" in done.stdout


def test_run_takes_test_sources_from_the_commit_that_is_installed(repository: Make) -> None:
    text = noxfile(
        "nox_cleanroom.install(session)",
        "Path('tests/check.py').write_text('raise SystemExit(1)')",
        "session.run('git', 'commit', '-qam', 'Break it', external=True)",
        "nox_cleanroom.run(session, 'python', 'tests/check.py', test_sources=['tests'])",
    )
    done = run_nox(repository(project(text, **FLAT)), "-s", "own")
    assert done.returncode == 0, done.stdout
    assert "TESTED " in done.stdout


def test_run_refuses_what_was_staged_meanwhile(repository: Make) -> None:
    text = noxfile(
        "nox_cleanroom.install(session, rev=nox_cleanroom.STAGED)",
        "Path('demo/part.py').write_text('VALUE = 2')",
        "session.run('git', 'add', 'demo', external=True)",
        "nox_cleanroom.run(session, 'python', 'tests/check.py', test_sources=['tests'])",
    )
    done = run_nox(repository(project(text, **FLAT)), "-s", "own")
    assert done.returncode == 1
    assert "has changed since `install` has taken it" in done.stdout


def test_run_fails_when_something_else_is_tested(repository: Make) -> None:
    evade = "import sys; sys.meta_path.pop(0); sys.path.insert(0, 'src'); import demo"
    text = noxfile(
        "nox_cleanroom.install(session)",
        f"nox_cleanroom.run(session, 'python', '-c', {evade!r}, test_sources=['src'])",
    )
    done = run_nox(repository(project(text)), "-s", "own")
    assert done.returncode == 1
    assert "IDENTITY_FAILED: It tested " in done.stdout


def test_run_warns_of_a_command_that_tests_nothing(repository: Make) -> None:
    text = noxfile("nox_cleanroom.install(session)", "nox_cleanroom.run(session, 'python', '-V')")
    done = run_nox(repository(project(text)), "-s", "own")
    assert done.returncode == 0, done.stdout
    assert "has imported no module of the wheel" in done.stdout
    assert PYTHON in done.stdout

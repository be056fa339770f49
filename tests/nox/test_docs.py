"""Each command of the documentation is run, on the files that its page shows, and says what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import PYTHON, commit_all, demo_files, git, make_wheel, pyproject, write_files

ROOT = Path(__file__).parents[2]

#: Commands that are not run, and why.
NOT_RUN = {
    'python -m pip install "nox-cleanroom[uv]"': "this checkout is used, and not a release",
    'python -m pip install "nox-cleanroom[uv]" pytest': "the same",
    'pipx install nox && pipx inject nox "nox-cleanroom[uv]"': "the same",
    'uv tool install nox --with "nox-cleanroom[uv]"': "the same",
    "uvx nox-cleanroom smoke": "the same",
    "pipx run nox-cleanroom smoke": "the same",
    "uvx nox-cleanroom": "the same",
    "python -m build": "the page begins with what it makes",
    "bash .ci/run": "it runs these tests",
    'python3 -m venv .venv && .venv/bin/python -m pip install --quiet "nox[uv]" && .venv/bin/nox -s smoke clean_check matrix': "`.ci/run` does",
    'python3 -m venv .venv && .venv/bin/python -m pip install --quiet "nox[uv]" && .venv/bin/nox -s tests end_to_end': "`.ci/run` does",
}  # fmt: skip

#: Commands that fail, with their exit statuses: by page and, where it runs twice, by its number.
FAILING = {
    ("tutorial/first-run", "nox-cleanroom smoke-3.12", 2): 1,
    ("tutorial/first-run", "nox-cleanroom clean_check", 1): 1,
    ("how-to/pythons", "nox-cleanroom smoke-3.14", 1): 1,
    ("how-to/hooks", "nox-cleanroom smoke --require-clean", 1): 10,
    ("how-to/history", "nox-cleanroom smoke-3.12 --rev v2.0..", 1): 1,
    ("how-to/history", "nox-cleanroom smoke-3.12 --rev v2.0.. --bisect", 1): 1,
}


@dataclass(frozen=True)
class Block:
    """A file that a page shows, or a command with what it prints."""

    kind: str
    name: str
    text: str
    #: Whether it is the first command of its block, which begins at the top again.
    is_first: bool = False


def blocks_of(page: Path) -> Iterator[Block]:
    """The files and commands of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    pattern = r"^```(?:\{code-block\} \w+\n:caption: (?P<file>\S+)\n\n|(?P<language>\w+)\n)(?P<text>.*?)^```$"
    for found in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        if found["file"]:
            yield Block("file", found["file"], found["text"])
        elif found["language"] == "console":
            parts = re.split(r"^\$ ", found["text"], flags=re.MULTILINE)[1:]
            for number, part in enumerate(parts):
                command, _, shown = part.partition("\n")
                yield Block("command", command, shown, is_first=number == 0)


def usual(root: Path) -> None:
    """A repository with a small project, and an ignored directory for evidence."""
    write_files(root, demo_files(**{".gitignore": "/reports/\n/.nox/\n__pycache__/\n"}))
    git(root, "init", "-q", "-b", "main")
    commit_all(root)


def with_history(root: Path) -> None:
    """The same, with a tag, and a branch on top of it."""
    usual(root)
    git(root, "tag", "v2.0")
    write_files(root, {"src/demo/part.py": "COLOURS = 3\n"})
    commit_all(root, "Add colours")
    write_files(root, {"src/demo/core.py": "import absent\n"})
    write_files(root, {"pyproject.toml": pyproject(tool='[tool.nox-cleanroom]\nimports = "all"\n')})
    commit_all(root, "Import what nobody installs")


def a_branch(root: Path) -> None:
    usual(root)
    git(root, "switch", "-q", "-c", "topic")
    write_files(root, {"src/demo/part.py": "VALUE = 2\n"})
    commit_all(root)


def dirty(root: Path) -> None:
    usual(root)
    write_files(root, {"new.py": ""})


def several(root: Path) -> None:
    """Two projects, with a noxfile for both."""
    define = "nox_cleanroom.define_sessions(packages=['packages/*'])"
    noxfile = f"import nox_cleanroom\n{define}\n"
    write_files(root, {"noxfile.py": noxfile, ".gitignore": ".nox\n__pycache__\n"})
    for name in ("colours", "shapes"):
        table = f'[tool.nox-cleanroom]\npythons = ["{PYTHON}"]\n'
        text = pyproject(name=name, tool=table)
        write_files(root / "packages" / name, demo_files(**{"pyproject.toml": text}))
    git(root, "init", "-q", "-b", "main")
    commit_all(root)


def with_axes(root: Path) -> None:
    table = '[tool.nox-cleanroom]\nartifact = ["wheel", "sdist"]\nresolution = ["highest", "lowest-direct"]\nextras = "all"\n'
    names = "[project.optional-dependencies]\ncli = []\nyaml = []\n"
    noxfile = "import nox_cleanroom\nnox_cleanroom.define_sessions()\n"
    pythons = f'pythons = ["{PYTHON}"]\n'
    metadata = pyproject(tool=names + table + pythons)
    write_files(
        root,
        demo_files(
            **{
                "pyproject.toml": metadata,
                "noxfile.py": noxfile,
                ".gitignore": ".nox\n__pycache__\n",
            }
        ),
    )
    git(root, "init", "-q", "-b", "main")
    commit_all(root)


def newer(root: Path) -> None:
    table = '[tool.nox-cleanroom]\npythons = ["3.98"]\n'
    write_files(root, demo_files(**{"pyproject.toml": pyproject(tool=table)}))
    git(root, "init", "-q", "-b", "main")
    commit_all(root)


def indexed(root: Path) -> None:
    usual(root)
    make_wheel(root / "wheels", {"needed.py": ""}, name="needed")


def with_evidence(root: Path) -> None:
    usual(root)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "nox_cleanroom",
            "matrix",
            "-q",
            "--report-dir",
            "reports",
            "--pythons",
            PYTHON,
        ],
        cwd=root,
        check=True,
    )


def released(root: Path) -> None:
    """The same, with the files of a release."""
    usual(root)
    (root / "dist").mkdir()
    build = "import in_tree_backend as b; b.build_wheel('dist'); b.build_sdist('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=root, check=True)


def joinable(root: Path) -> None:
    """The same, with the evidence of each job in a directory."""
    usual(root)
    table = f'[tool.nox-cleanroom]\npythons = ["{PYTHON}"]\n'
    write_files(root, {"pyproject.toml": pyproject(tool=table), ".gitignore": "/evidence/\n"})
    commit_all(root)
    words = ["smoke", "-q", "--report-dir", "evidence/one"]
    subprocess.run([sys.executable, "-m", "nox_cleanroom", *words], cwd=root, check=True)


#: What is there before the first block of a page; an empty directory without.
SETUPS: Mapping[str, Callable[[Path], object]] = {
    "README": usual,
    "index": usual,
    "reference/evidence": with_evidence,
    "how-to/hooks": dirty,
    "how-to/monorepo": several,
    "how-to/history": with_history,
    "how-to/axes": with_axes,
    "how-to/indexes": indexed,
    "how-to/pythons": newer,
    "how-to/platforms": usual,
    "how-to/ci": joinable,
    "how-to/release": released,
    "how-to/init": usual,
    "how-to/reports": usual,
}
PAGES = {
    "README": ROOT / "README.md",
    **{
        path.relative_to(ROOT / "docs").with_suffix("").as_posix(): path
        for path in sorted((ROOT / "docs").rglob("*.md"))
        if "```console" in path.read_text(encoding="utf-8")
    },
}

#: What differs between a page and a run.
_DIFFERENT = (
    (r"\x1b\[[\d;]*m", ""),
    (r" \(took [^)]*\)", ""),
    (r"\b\d+\.\d+s\b", "Ns"),
    (r"\b[0-9a-f]{12}\b", "OID"),
    (r"\d+\.\d s\b", "N s"),
    (r"Python 3\.\d+\.\d+", "Python 3.N"),
    (r"3\.(98|14)\b", "3.OTHER"),
    (r"3\.1\d\b", "3.N"),
    (r"(?<=  )\d+ checks", "N checks"),
)


def comparable(text: str) -> list[str]:
    for pattern, stands in _DIFFERENT:
        text = re.sub(pattern, stands, text)
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of this environment first on the path, and nobody's own settings."""
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    for name, module in (
        ("nox-cleanroom", "nox_cleanroom"),
        ("nox", "nox"),
        ("python", ""),
        ("pytest", "pytest"),
    ):
        words = f"-m {module} " if module else ""
        (bin_dir / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n')
        (bin_dir / name).chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((str(bin_dir), os.environ["PATH"])))


@pytest.mark.index
@pytest.mark.usefixtures("programs")
@pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a Unix shell")
@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page(name: str, tmp_path: Path) -> None:
    root = tmp_path / "place"
    root.mkdir()
    if name in SETUPS:
        SETUPS[name](root)
    where, times = root, dict[str, int]()
    for block in blocks_of(PAGES[name]):
        if block.kind == "file":
            write_files(root, {block.name: block.text.replace("3.12", PYTHON)})
            continue
        where = root if block.is_first else where
        if block.name in NOT_RUN:
            continue
        times[block.name] = times.get(block.name, 0) + 1
        status = FAILING.get((name, block.name, times[block.name]), 0)
        command = block.name.replace("3.14", "3.98").replace("3.12", PYTHON).replace("3.11", PYTHON)
        if command.startswith("cd "):
            where = where / command.removeprefix("cd ")
            continue
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=where,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"$ {command}\n{done.stdout}"
        printed = iter(comparable(done.stdout))
        for line in comparable(block.text):
            # Each line that the page shows comes, in the same order.
            assert line in printed, f"$ {command}\n{done.stdout}\nlacks: {line}"


def test_each_command_that_is_not_run_is_in_a_page() -> None:
    pages = [*PAGES.values(), ROOT / "CONTRIBUTING.md"]
    commands = {block.name for page in pages for block in blocks_of(page)}
    assert NOT_RUN.keys() <= commands
    assert {command for _, command, _ in FAILING} <= commands

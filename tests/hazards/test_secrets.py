"""Group 6: no secret is shown or stored, wherever it was, and evidence is the user's alone."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import PYTHON, commit_all, demo_files, git, make_repository, pyproject

SMOKE = f"smoke-{PYTHON}"
SECRET = "Xq7secretZ9"

PRINTED = "import os\nprint('printed', {})\nraise RuntimeError({})\n"
OF_VARIABLE = PRINTED.format("os.environ['MY_TOKEN']", "repr(os.environ['MY_TOKEN'])")


@dataclass(frozen=True)
class Plant:
    """Where a secret is, besides in the code that may print it."""

    env: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    home: dict[str, str] = field(default_factory=dict)
    directory: str = "checkout"
    branch: str = "main"
    subject: str = "a commit"


TOKEN = {"MY_TOKEN": SECRET}
PASSES = pyproject(tool="[tool.nox-cleanroom]\npass-env = ['MY_TOKEN']\n")
INDEX = f"https://me:{SECRET}@localhost:9/simple"
NEEDS = pyproject(dependencies=["no-such-requirement"])

PLANTS: dict[str, Plant] = {
    **{
        f"the variable {name}": Plant(env={name: SECRET})
        for name in [
            "POETRY_PYPI_TOKEN_PYPI",
            "HATCH_INDEX_AUTH",
            "PDM_PUBLISH_PASSWORD",
            "POETRY_HTTP_BASIC_PRIVATE_PASSWORD",
            "SETUPTOOLS_SCM_TOKEN",
            "SOME_BUILD_SECRET",
        ]
    },
    "an assignment in a variable": Plant(env={"CIBW_ENVIRONMENT": f"A=1 UPLOAD_TOKEN={SECRET}"}),
    "a variable of a build, whatever it is": Plant(env={"CMAKE_ARGS": f"-DX={SECRET}"}),
    "what a build prints": Plant(env=TOKEN, files={"on_build.py": OF_VARIABLE}),
    "what an import prints": Plant(env=TOKEN, files={"src/demo/__init__.py": OF_VARIABLE, "pyproject.toml": PASSES}),
    "a URL that a build prints": Plant(files={"on_build.py": PRINTED.format(repr(f"git+https://me:{SECRET}@localhost/x"), repr(f"//me:p@{SECRET}@h"))}),
    "a signed URL that a build prints": Plant(files={"on_build.py": PRINTED.format(repr(f"https://localhost/x?token={SECRET}"), repr(f"x,https://localhost/y?sig={SECRET}"))}),
    "an index of uv's": Plant(env={"UV_DEFAULT_INDEX": INDEX}, files={"pyproject.toml": NEEDS}),
    "an index of pip's": Plant(env={"PIP_INDEX_URL": INDEX}, files={"pyproject.toml": NEEDS}),
    "an index with a slash in its password": Plant(env={"UV_DEFAULT_INDEX": f"https://me:a/{SECRET}@localhost:9/"}, files={"pyproject.toml": NEEDS}),
    "pip.conf": Plant(home={".config/pip/pip.conf": f"[global]\nindex-url = {INDEX}\n"}, files={"pyproject.toml": NEEDS}),
    "uv.toml": Plant(home={".config/uv/uv.toml": f'[[index]]\nurl = "{INDEX}"\ndefault = true\n'}, files={"pyproject.toml": NEEDS}),
    "--find-links": Plant(options=("--find-links", f"http://me:{SECRET}@localhost:9/"), files={"pyproject.toml": NEEDS}),
    "the name of a directory": Plant(env=TOKEN, directory=f"of-{SECRET}"),
    "the name of a branch": Plant(env=TOKEN, branch=f"on-{SECRET}"),
    "the subject of a commit": Plant(env=TOKEN, subject=f"remove {SECRET}, or https://me:{SECRET}@localhost/"),
    "the name of a file": Plant(env=TOKEN, files={f"{SECRET}.txt": "x", "src/demo/__init__.py": "import os\nopen(os.path.join({root!r}, 'new-' + {secret!r}), 'w').close()\n"}),
    "what is required": Plant(files={"pyproject.toml": pyproject(dependencies=[f"other @ https://me:{SECRET}@localhost:9/other-1-py3-none-any.whl"])}),
    "a command of the project's": Plant(env=TOKEN, files={"pyproject.toml": pyproject(tool=f"[tool.nox-cleanroom]\nsmoke = ['python -c \"print({SECRET!r})\" https://me:{SECRET}@localhost/']\n")}),
    "a revision": Plant(options=("--rev", f"https://me:{SECRET}@localhost/")),
    "an option that is none": Plant(env=TOKEN, options=(f"--{SECRET}",)),
}  # fmt: skip


def files_below(*places: Path) -> Iterator[Path]:
    for place in places:
        yield from (path for path in place.rglob("*") if path.is_file())


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_a_secret_is_neither_shown_nor_stored(tmp_path: Path, plant: Plant) -> None:
    require_no_trace(tmp_path, plant)


#: Where pip is told what it shows.
OF_INSTALLERS = {
    name: plant
    for name, plant in PLANTS.items()
    if "index" in name or "pip" in name or name in {"--find-links", "what is required"}
}


@pytest.mark.usefixtures("without_uv")
@pytest.mark.parametrize("plant", OF_INSTALLERS.values(), ids=OF_INSTALLERS.keys())
def test_nor_is_it_by_pip(tmp_path: Path, plant: Plant) -> None:
    require_no_trace(tmp_path, plant)


def require_no_trace(tmp_path: Path, plant: Plant) -> None:
    root = tmp_path / plant.directory
    code = {
        name: text.replace("{root!r}", repr(str(root))).replace("{secret!r}", repr(SECRET))
        for name, text in plant.files.items()
    }
    make_repository(root, demo_files(**code))
    git(root, "checkout", "-q", "-B", plant.branch)
    commit_all(root, plant.subject)
    home = tmp_path / "home"
    for name, text in plant.home.items():
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(text)
    reports = tmp_path / "reports"
    env = {
        **os.environ,
        **plant.env,
        "HOME": str(home),
        "CI": "true",
        "UV_HTTP_RETRIES": "0",
        "PIP_RETRIES": "0",
    }
    for where in ([], ["--report-dir", str(reports)]):
        done = subprocess.run(
            [sys.executable, "-m", "nox_cleanroom", SMOKE, "--", *where, *plant.options],
            cwd=root,
            env=env,
            capture_output=True,
            check=False,
        )
        assert SECRET.encode() not in done.stdout + done.stderr
    base = Path(os.environ["XDG_CACHE_HOME"])
    kept = list(files_below(base / "nox-cleanroom", reports, Path(os.environ["TMPDIR"])))
    # A command line that is refused leaves nothing that could hold a secret.
    assert kept or done.returncode == 2
    # A wheel holds what the build has put there, and so does the bytecode of its modules.
    others = (path for path in kept if path.suffix != ".whl" and path.parent.name != "bytecode")
    texts = {path: path.read_bytes().decode("latin-1") for path in others}
    assert [path for path, text in texts.items() if SECRET in text or SECRET in str(path)] == []


def test_evidence_is_for_the_user_alone_unless_somebody_says_where(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "checkout", demo_files())
    reports = tmp_path / "reports"
    for more in ([], ["--", "--report-dir", str(reports)]):
        command = [sys.executable, "-m", "nox_cleanroom", SMOKE, *more]
        assert subprocess.run(command, cwd=root, check=False).returncode == 0
    (own,) = Path(os.environ["XDG_CACHE_HOME"]).rglob("evidence")
    assert stat.S_IMODE(own.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in own.iterdir()] == [0o600]
    umask = os.umask(0)
    os.umask(umask)
    assert [stat.S_IMODE(path.stat().st_mode) for path in reports.iterdir()] == [0o666 & ~umask]

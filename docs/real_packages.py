"""Try nox-cleanroom on packages from the index, and write the table of verdicts.

    python docs/real_packages.py WORK [NAME ...]

Each source distribution is unpacked, committed and tagged as a fresh repository under WORK,
and `nox-cleanroom smoke-3.11` and `nox-cleanroom smoke-3.13` are run in it, as a new user would.
What has a result under WORK already is not run again. The table goes to
docs/explanation/real-packages.md.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PAGE = Path(__file__).parent / "explanation" / "real-packages.md"
SESSIONS = ("smoke-3.11", "smoke-3.13")
MARK = "<!-- made by docs/real_packages.py; everything below this line is -->"


@dataclass(frozen=True)
class Package:
    """A source distribution on the index, and what it is here for."""

    pin: str
    why: str
    #: Where in the repository it lies.
    subdirectory: str = "."

    @property
    def name(self) -> str:
        return self.pin.partition("==")[0]


PACKAGES = (
    Package("docopt==0.6.2", "setuptools without pyproject.toml, a single module"),
    Package("six==1.17.0", "setuptools without pyproject.toml, a single module"),
    Package("requests==2.32.5", "setuptools with setup.py and pyproject.toml"),
    Package("certifi==2025.10.5", "setuptools, package data"),
    Package("python-dateutil==2.9.0.post0", "setuptools, import name differs"),
    Package("pytz==2025.2", "setuptools, much package data"),
    Package("tqdm==4.67.1", "setuptools-scm, a console script"),
    Package("pluggy==1.6.0", "setuptools-scm"),
    Package("pytest==8.4.2", "setuptools-scm, two top-level names"),
    Package("jaraco.functools==4.3.0", "setuptools-scm, a namespace package"),
    Package("anyio==4.11.0", "setuptools-scm, a pytest plug-in"),
    Package("gunicorn==23.0.0", "setuptools, plug-ins whose host is absent"),
    Package("faker==37.11.0", "setuptools, a pytest plug-in, modules found at run time"),
    Package("pip==25.2", "setuptools, a tree of vendored packages"),
    Package("django==5.2.7", "setuptools, 2,000 files with templates that end in .py-tpl"),
    Package("tenacity==9.1.2", "setuptools-scm, modules for optional hosts"),
    Package("google-auth==2.41.1", "setuptools, below the shared namespace google"),
    Package("sphinxcontrib-jsmath==1.0.1", "setuptools, a namespace package of the old kind"),
    Package("types-requests==2.32.4.20250913", "setuptools, stubs only"),
    Package("sqlalchemy==2.0.44", "setuptools, C extensions, drivers for many absent databases"),
    Package("markupsafe==3.0.3", "setuptools, a C extension"),
    Package("msgpack==1.1.2", "setuptools, a C extension made by Cython"),
    Package("pyyaml==6.0.3", "setuptools, an in-tree backend, a C extension made by Cython"),
    Package("simplejson==3.20.2", "setuptools, an optional C extension"),
    Package("coverage==7.11.0", "setuptools, an optional C extension"),
    Package("psutil==7.1.0", "setuptools, an abi3 extension"),
    Package("zope.interface==8.0.1", "setuptools, a C extension in a namespace, bundled tests"),
    Package("charset-normalizer==3.4.4", "setuptools, optionally compiled by mypyc"),
    Package("httpx==0.28.1", "hatchling, a console script"),
    Package("pygments==2.19.2", "hatchling, hundreds of lexers that are loaded by name"),
    Package("attrs==25.4.0", "hatch-vcs, two top-level names"),
    Package("platformdirs==4.5.0", "hatch-vcs, modules for other platforms"),
    Package("filelock==3.20.0", "hatch-vcs, modules for other platforms"),
    Package("virtualenv==20.35.3", "hatch-vcs, scripts as package data"),
    Package("urllib3==2.5.0", "hatch-vcs, optional dependencies"),
    Package("tox==4.31.0", "hatch-vcs, a console script"),
    Package("starlette==0.48.0", "hatchling, optional dependencies"),
    Package("pydantic==2.12.0", "hatchling, a compiled requirement, an old mypy plug-in"),
    Package("uvicorn==0.38.0", "hatchling, optional dependencies"),
    Package("opentelemetry-api==1.38.0", "hatchling, in a subdirectory", "packages/api"),
    Package("black==25.11.0", "hatch-vcs, two console scripts, one of which needs an extra"),
    Package("packaging==25.0", "flit"),
    Package("docutils==0.22.2", "flit, nine console scripts"),
    Package("click==8.3.0", "flit, a dependency for Windows only"),
    Package("flask==3.1.2", "flit, a console script, lazily imported extras"),
    Package("jinja2==3.1.6", "flit, an entry point for an optional host"),
    Package("werkzeug==3.1.3", "flit"),
    Package("idna==3.11", "flit"),
    Package("typing-extensions==4.15.0", "flit, a single module"),
    Package("more-itertools==10.8.0", "flit"),
    Package("boltons==25.0.0", "flit, many single modules"),
    Package("wheel==0.45.1", "flit, a vendored package"),
    Package("build==1.3.0", "flit, a package called build"),
    Package("sphinx==8.2.3", "flit, four console scripts"),
    Package("rich==14.2.0", "poetry-core"),
    Package("tomlkit==0.13.3", "poetry-core, no dependencies"),
    Package("findpython==0.7.0", "pdm-backend"),
    Package("fastapi==0.119.0", "pdm-backend, an extra behind a console script"),
    Package(
        "networkx==3.5", "setuptools, a library with many optional imports, Python 3.11 and later"
    ),
)


@dataclass(frozen=True)
class Trial:
    """What one command said about one package."""

    command: str
    exit_status: int
    verdict: str
    seconds: float
    reasons: list[str]
    untouched: bool


def main() -> None:
    work = Path(sys.argv[1]).resolve()
    wanted = set(sys.argv[2:])
    for package in PACKAGES:
        if not wanted or package.name in wanted:
            try_package(package, work / package.name)
    write_page(work)


def try_package(package: Package, home: Path) -> None:
    results = home / "results.json"
    if results.exists():
        return
    for made in ("unpacked", "repository", "evidence"):
        shutil.rmtree(home / made, ignore_errors=True)
    project = make_repository(package, home)
    trials = [run(command, project, home / "evidence") for command in SESSIONS]
    results.write_text(json.dumps([asdict(trial) for trial in trials], indent=2))
    for trial in trials:
        print(f"{package.pin}: {trial.command}: {trial.verdict}, {trial.seconds:.1f} s")
        for reason in trial.reasons:
            print(f"    {reason}")


def make_repository(package: Package, home: Path) -> Path:
    download = home / "download"
    pip = [sys.executable, "-m", "pip", "-q", "download", "--no-deps", "--no-binary=:all:"]
    if not download.exists():
        subprocess.run([*pip, "-d", str(download), package.pin], check=True)
    (archive,) = download.iterdir()
    unpacked = home / "unpacked"
    with tarfile.open(archive) as file:
        file.extractall(unpacked, filter="data")
    (top,) = unpacked.iterdir()
    repository = home / "repository"
    project = repository / package.subdirectory
    project.parent.mkdir(parents=True, exist_ok=True)
    top.rename(project)
    version = package.pin.partition("==")[2]
    for command in (
        ["init", "-q"],
        ["add", "--all", "--force"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", package.pin],
        ["tag", f"v{version}" if package.name != "black" else version],
    ):
        subprocess.run(["git", *command], cwd=repository, check=True)
    return project


def look(project: Path) -> tuple[bytes, bytes]:
    return tuple(
        subprocess.run(["git", *command], cwd=project, check=True, capture_output=True).stdout
        for command in (["status", "--porcelain", "--ignored"], ["worktree", "list"])
    )


def run(command: str, project: Path, evidence: Path) -> Trial:
    before = look(project)
    started = time.monotonic()
    line = [sys.executable, "-m", "nox_cleanroom", command]
    done = subprocess.run(
        [*line, "--no-error-on-missing-interpreters", "--", "--report-dir", str(evidence)],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - started
    (evidence.parent / f"{command}.log").write_text(done.stdout + done.stderr)
    name = evidence / f"{command}.json"
    document = json.loads(name.read_text()) if name.exists() else {"verdict": "no evidence"}
    return Trial(
        command=command,
        exit_status=done.returncode,
        verdict=document["verdict"],
        seconds=seconds,
        reasons=list(dict.fromkeys(reasons(document))),
        untouched=look(project) == before,
    )


def reasons(document: dict) -> list[str]:
    found = [f"{python} missing here" for python in document.get("missing", [])]
    for cell in document.get("cells", []):
        found += [
            f"{cell['python']}: {problem['code']}: {problem['message']}"
            for problem in cell["problems"]
        ]
        found += [
            f"{probe['outcome']}: {probe['probe']}: {probe['subject']}: {probe['message']}"
            for probe in cell["probes"]
            if probe["outcome"] in {"WARNED", "FAILED", "ERROR"}
        ]
    return found


def write_page(work: Path) -> None:
    head = PAGE.read_text().partition(MARK)[0]
    lines = [
        MARK,
        "",
        f"Made on {platform.system()} with {os.cpu_count()} cores; the first run built the wheel.",
        "",
        "| package | what it is | `smoke-3.11` | `smoke-3.13` | why |",
        "|---|---|---|---|---|",
    ]
    for package in PACKAGES:
        results = work / package.name / "results.json"
        if not results.exists():
            continue
        trials = [Trial(**trial) for trial in json.loads(results.read_text())]
        assert all(trial.untouched for trial in trials), f"{package.name}: the checkout changed"
        why = "; ".join(
            dict.fromkeys(
                re.sub(r"[|\n]", " ", reason)
                for trial in trials
                for reason in trial.reasons
                if "missing here" not in reason
            )
        )
        cells = " | ".join(f"{trial.verdict}, {trial.seconds:.1f} s" for trial in trials)
        lines.append(f"| {package.pin} | {package.why} | {cells} | {why or '-'} |")
    PAGE.write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

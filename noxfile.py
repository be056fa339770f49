# /// script
# requires-python = ">=3.10"
# dependencies = [
#   "nox>=2026.8.10",
#   "packaging>=24",
#   "argcomplete>=1.9.4",
#   "dependency-groups>=1.1",
#   "filelock>=3.15",
#   "platformdirs>=4",
#   "python-discovery>=1.1",
#   "tomli>=2; python_version < '3.11'",
# ]
# ///
"""What maintainers run: `nox` for the usual, `nox -l` for all of it.

The inline metadata names third parties only: this very checkout's nox-cleanroom is used.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

# The checkout under test must not gain bytecode from being used.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent / "src"))

import nox

import nox_cleanroom

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "typing", "tests", "end_to_end", "docs", "smoke", "clean_check"]

TESTS = ("tests/unit", "tests/git", "tests/nox")
#: Tests make many small files, which a file system in memory writes in two thirds of the time.
MEMORY = {"TMPDIR": "/dev/shm"} if Path("/dev/shm").is_dir() else {}  # noqa: S108 - pytest makes a directory of its own
PROJECT = nox.project.load_toml("pyproject.toml")
#: Which part of the version each type of changelog fragment raises.
BUMPS = {"breaking": 0, "deprecation": 1, "feature": 1, "fix": 2, "docs": 2}
PAGES = "https://nox-cleanroom.readthedocs.io/en/latest/"
FILES = "https://github.com/nox-cleanroom/nox-cleanroom/blob/main/"


def install_group(session: nox.Session, group: str, *more: str) -> None:
    """Install a dependency group, and more."""
    session.install(*nox.project.dependency_groups(PROJECT, group), *more)


@nox.session(
    python=nox_cleanroom.supported_pythons(),
    venv_backend=nox_cleanroom.BACKEND,
    download_python="never",
    allow_parallel=True,
)
def smoke(session: nox.Session) -> None:
    """Install HEAD's wheel in a fresh environment and probe it."""
    nox_cleanroom.smoke(session)


@nox.session(venv_backend="none")
def clean_check(session: nox.Session) -> None:
    """Build, install and import HEAD in place, and see what that leaves in a checkout."""
    nox_cleanroom.clean_check(session)


@nox.session(venv_backend="none", default=False)
def matrix(session: nox.Session) -> None:
    """Test HEAD's wheel on every supported interpreter at once, and show one grid."""
    nox_cleanroom.matrix(session)


@nox.session(python=nox_cleanroom.supported_pythons(), download_python="never", allow_parallel=True)
def tests(session: nox.Session) -> None:
    """Test the parts, and what they do with real git."""
    install_group(session, "test", "--editable", ".[uv]")
    wanted = session.posargs or ["tests/unit", "tests/git", "-n", "2", "--dist", "worksteal"]
    session.run("pytest", "-p", "no:cacheprovider", *wanted, env=MEMORY)


@nox.session
def end_to_end(session: nox.Session) -> None:
    """Test the whole with real nox, real environments and real builds."""
    install_group(session, "test", "--editable", ".[uv]")
    session.run("pytest", "-p", "no:cacheprovider", *(session.posargs or ["tests/nox", "-n", "2"]))


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Say which lines the fast tests leave out; fail when they are too many."""
    install_group(session, "coverage", "--editable", ".[uv]")
    env = {"COVERAGE_FILE": f"{session.virtualenv.location}/coverage"}
    # Without pytest-xdist: its workers would each leave a file of their own to be combined.
    pytest = ("-m", "pytest", "-p", "no:cacheprovider", "tests/unit", "tests/git")
    session.run("coverage", "run", *pytest, *session.posargs, env=env)
    session.run("coverage", "report", env=env)


@nox.session(default=False)
def hazards(session: nox.Session) -> None:
    """Put the whole through every hazard; `-- --every 3` takes every third of the quick ones."""
    install_group(session, "test", "--editable", ".[uv]")
    session.run("pytest", "-p", "no:cacheprovider", "tests/hazards", "-n", "2", *session.posargs)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Have faults found in projects of every backend; `-- --every 6` takes each fault once."""
    install_group(session, "test", "--editable", ".[uv]")
    session.run("pytest", "-p", "no:cacheprovider", "tests/faults", "-n", "2", *session.posargs)


@nox.session(default=False)
def reported(session: nox.Session) -> None:
    """Be right about what strangers have reported; `-- --every 6` takes every sixth report."""
    install_group(session, "test", "--editable", ".[uv]")
    session.run("pytest", "-p", "no:cacheprovider", "tests/reported", "-n", "2", *session.posargs)


@nox.session(python=nox_cleanroom.supported_pythons()[0], default=False)
def minimums(session: nox.Session) -> None:
    """Test with the oldest versions of what we depend on, on the oldest Python."""
    groups = nox.project.dependency_groups(PROJECT, "test")
    session.install("--resolution=lowest-direct", "--editable", ".[uv]", *groups)
    session.run("pytest", "-p", "no:cacheprovider", *TESTS, "-n", "2", *session.posargs)


@nox.session(default=False)
def nox_main(session: nox.Session) -> None:
    """Test with the main branch of nox, of which we borrow what is private."""
    main = "nox @ git+https://github.com/wntrblm/nox@main"
    install_group(session, "test", "--editable", ".[uv]", main)
    session.run("pytest", "-p", "no:cacheprovider", *TESTS, "-n", "2", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, spelling, metadata, workflows and the README's links."""
    install_group(session, "lint")
    session.run("ruff", "check", "--no-cache", ".")
    session.run("ruff", "format", "--no-cache", "--check", ".")
    tracked = session.run("git", "ls-files", "-z", external=True, silent=True, log=False)
    session.run("codespell", *str(tracked).strip("\0").split("\0"), log=False)
    session.run("validate-pyproject", "pyproject.toml")
    session.run("zizmor", "--offline", "--quiet", ".")
    check_links(session)


def check_links(session: nox.Session) -> None:
    """An index shows the README, too: links must be absolute, and our pages must be there."""
    for link in re.findall(r"\]\((.+?)\)", Path("README.md").read_text(encoding="utf-8")):
        page = link.partition("#")[0].removeprefix(PAGES).replace(".html", ".md") or "index.md"
        path = page.removeprefix(FILES) if link.startswith(FILES) else f"docs/{page}"
        if not link.startswith("https://"):
            session.error(f"README.md: the link to {link!r} leads nowhere on an index")
        if link.startswith((PAGES, FILES)) and not Path(path).exists():
            session.error(f"README.md: the link to {link!r} needs {path!r}, which is not there")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, strictly."""
    install_group(session, "typing", "--editable", ".")
    session.run("mypy", f"--cache-dir={session.create_tmp()}/mypy")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Compare the speed with other tools'; `-- WORK`, or `-- WORK --check` for less of it."""
    install_group(session, "bench", "--editable", ".[uv]")
    session.run("python", "benchmarks/compare.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a broken link or reference is an error."""
    install_group(session, "docs")
    built = f"{session.create_tmp()}/html"
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", built, "-d", f"{built}.cache")
    session.log(f"built {built}/index.html")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Show the next version and its section of the changelog; `-- --yes` writes it."""
    install_group(session, "changelog")
    version = next_version()
    session.run("towncrier", "build", "--version", version, *(session.posargs or ["--draft"]))
    session.log(f"the next version is {version}, also for src/nox_cleanroom/_version.py")


def next_version() -> str:
    """The version that the fragments ask for, after the newest one in the changelog."""
    written = Path("CHANGELOG.md").read_text(encoding="utf-8")
    released = re.search(r"^## (\d+)\.(\d+)\.(\d+) ", written, re.MULTILINE)
    if released is None:
        return nox_cleanroom.__version__
    parts = [int(part) for part in released.groups()]
    types = {path.suffixes[-2][1:] for path in Path("changelog.d").glob("*.*.md")}
    place = min((BUMPS[kind] for kind in types), default=2)
    # Before 1.0 the second number is for what breaks, too.
    place = max(place, 1 if parts[0] == 0 else 0)
    return ".".join(map(str, [*parts[:place], parts[place] + 1, *[0] * (2 - place)]))


if __name__ == "__main__":
    nox.main()

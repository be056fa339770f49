"""Building distributions from a worktree: with uv in an environment of uv's, else with pip."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.config import parse_toml
from nox_cleanroom.distribution import Wheel
from nox_cleanroom.environment import Environment
from nox_cleanroom.errors import (
    BuildError,
    CleanroomError,
    Code,
    ConfigError,
    InstallError,
    ProjectError,
)
from nox_cleanroom.git import Checkout, Commit
from nox_cleanroom.output import last_lines, printable
from nox_cleanroom.recorder import Recorder
from nox_cleanroom.results import Step
from nox_cleanroom.workspace import Workspace

#: The files that make a directory a Python project, to a build frontend.
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")


#: How the names of distributions end.
_WHEEL = (".whl",)
_SDIST = (".tar.gz", ".zip")


@dataclass(frozen=True, kw_only=True)
class Frontend:
    """Builds distributions with one interpreter."""

    environment: Environment
    recorder: Recorder
    workspace: Workspace
    #: The variables that builds see.
    env: dict[str, str]
    #: Directories and pages with requirements that the index does not have.
    find_links: tuple[str, ...] = ()

    def build_wheel(self, project: Path) -> Wheel:
        """A wheel of the project in a directory.

        Raises:
            BuildError: the backend said no, or made something else than one wheel.
        """
        if self.environment.uv:
            return Wheel(self._build("wheel", self._uv_build(project, "--wheel"), _WHEEL))
        pip = [*self.environment.pip("wheel"), "--no-deps", *find_links_options(self.find_links)]
        return Wheel(
            self._build("wheel", lambda out: [*pip, "--wheel-dir", str(out), str(project)], _WHEEL)
        )

    def build_sdist(self, project: Path, tool_environment: Callable[[], Environment]) -> Path:
        """A source distribution of the project in a directory.

        Args:
            project: the directory.
            tool_environment: makes an environment for the ``build`` tool, which pip alone
                cannot replace; only called without uv.

        Raises:
            BuildError: the backend said no, or made something else than one archive.
        """
        command = self._command(project, "--sdist", tool_environment)
        return self._build("sdist", command, _SDIST)

    def build_wheel_from_sdist(
        self, project: Path, tool_environment: Callable[[], Environment]
    ) -> Wheel:
        """A wheel of the project in a directory, built from its source distribution.

        Args:
            project: the directory.
            tool_environment: see `build_sdist`.

        Raises:
            BuildError: the backend said no, or made something else than one wheel.
        """
        # Without a word about what to build, uv and `build` make the sdist, and the wheel from it.
        command = self._command(project, "", tool_environment)
        return Wheel(self._build("wheel from sdist", command, _WHEEL))

    def _command(
        self, project: Path, kind: str, tool_environment: Callable[[], Environment]
    ) -> Callable[[Path], list[str]]:
        if self.environment.uv:
            return self._uv_build(project, kind)
        build = [*self._install_build_tool(tool_environment()), *filter(None, [kind]), "--outdir"]
        return lambda out: [*build, str(out), str(project)]

    def _install_build_tool(self, environment: Environment) -> list[str]:
        """The command of the ``build`` tool, once it is installed."""
        step = self.recorder.run(
            "install build tool",
            [*environment.pip("install"), "build"],
            cwd=self.workspace.directory("neutral"),
            env=self.env,
        )
        if not step.succeeded:
            raise tool_failure(InstallError, "The `build` tool could not be installed", step)
        return environment.module("build")

    def _uv_build(self, project: Path, kind: str) -> Callable[[Path], list[str]]:
        # Without --python uv would obey a .python-version file of the project.
        build = [self.environment.uv or "uv", "build", "--no-progress", *filter(None, [kind])]
        build += ["--python", str(self.environment.python), *find_links_options(self.find_links)]
        return lambda out: [*build, "--out-dir", str(out), str(project)]

    def _build(
        self, what: str, command: Callable[[Path], list[str]], endings: tuple[str, ...]
    ) -> Path:
        out = self.workspace.directory("dist")
        neutral = self.workspace.directory("neutral")
        step = self.recorder.run(f"build {what}", command(out), cwd=neutral, env=self.env)
        if not step.succeeded:
            raise tool_failure(BuildError, f"The build backend could not make the {what}", step)
        made = [path for path in out.iterdir() if path.name.endswith(endings)]
        if len(made) != 1:
            names = ", ".join(sorted(path.name for path in made)) or "nothing"
            raise BuildError(f"The build backend made {names}, not one {what}.")
        return made[0]


def find_links_options(find_links: tuple[str, ...]) -> list[str]:
    """The installer's options for further sources of requirements; the same for pip and uv."""
    return [option for link in find_links for option in ("--find-links", link)]


#: What tools print when it was not the package's fault, and the code for it.
_EXCUSES = (
    (Code.NO_SPACE, r"No space left on device|Errno 28\b|not enough space on the disk"),
    (
        Code.NETWORK,
        (
            r"dns error|[Tt]emporary failure in name resolution|Name or service not known"
            r"|NewConnectionError|ConnectTimeout|ReadTimeout|Connection (refused|reset|timed out)"
            r"|error sending request for url|client error \(Connect\)|getaddrinfo failed"
            r"|Max retries exceeded|Network is unreachable|ProxyError|operation timed out"
            r"|(500|502|503|504) Server Error|tls handshake"
        ),
    ),
)


def tool_failure(kind: type[CleanroomError], what: str, step: Step) -> CleanroomError:
    """The error for a build or an installation that failed, with the tool's own last lines.

    Whose fault it is depends on what was printed: a network or a disk is nobody's.
    """
    words = last_lines(step.output, 25)
    if step.timed_out:
        return kind(
            f"{what}: {step.ending}.",
            output=words,
            hint="`-- --timeout SECONDS` gives it more time.",
            code=Code.TIMEOUT,
        )
    if step.exit_status is None:
        return kind(f"{what}: it {step.ending}.", output=words, code=Code.TOOL_MISSING)
    for code, pattern in _EXCUSES:
        if re.search(pattern, step.output):
            reason = "the disk is full" if code is Code.NO_SPACE else "the network did not answer"
            return kind(f"{what}: {reason}.", output=words, hint="Try again.", code=code)
    return kind(
        f"{what} ({step.ending}).",
        output=words,
        hint=f"It ran `{printable(step.command)}`.",
    )


def require_project(checkout: Checkout, commit: Commit, subdirectory: str) -> None:
    """Make sure that there is something to build at the commit.

    Raises:
        ProjectError: there is not; names the directories that hold a project.
    """
    names = checkout.file_names(commit)
    prefix = "" if subdirectory == "." else f"{subdirectory}/"
    if any(
        f"{prefix}{name}" in names and _is_project(checkout, commit, prefix, name)
        for name in PROJECT_FILES
    ):
        return
    where = "at the top level" if subdirectory == "." else f"in {subdirectory!r}"
    others = sorted(
        {
            name.rpartition("/")[0]
            for name in names
            if name.rpartition("/")[2] in {"pyproject.toml", "setup.py"} and "/" in name
        }
    )
    raise ProjectError(
        f"Commit {commit.short} has no Python project {where}: no pyproject.toml with [project] or"
        " [build-system], no setup.py.",
        hint=f"There are projects in: {', '.join(others[:8])}. Run it there."
        if others
        else "Is the pyproject.toml committed? Only what is in the commit is tested.",
    )


def _is_project(checkout: Checkout, commit: Commit, prefix: str, name: str) -> bool:
    if name != "pyproject.toml":
        return name == "setup.py" or "[metadata]" in (
            checkout.read_file(commit, f"{prefix}{name}") or ""
        )
    text = checkout.read_file(commit, f"{prefix}{name}") or ""
    return is_project_table(parse_toml(text, "pyproject.toml"))


def is_project_table(document: dict[str, object]) -> bool:
    """Whether a pyproject.toml describes a project, rather than only configuring tools."""
    return "project" in document or "build-system" in document


def find_project(start: Path, root: Path) -> Path | None:
    """The nearest directory from `start` up to `root` that holds a Python project."""
    for directory in (start, *start.parents):
        if _holds_project(directory):
            return directory
        if directory == root:
            break
    return None


def _holds_project(directory: Path) -> bool:
    if (directory / "setup.py").is_file():
        return True
    path = directory / "pyproject.toml"
    try:
        return is_project_table(parse_toml(path.read_text(encoding="utf-8"), str(path)))
    except (OSError, UnicodeDecodeError):
        return False
    except ConfigError:
        # Broken, and to be said so by the run.
        return True

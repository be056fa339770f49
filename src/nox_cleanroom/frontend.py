"""Building distributions from a worktree: with uv in an environment of uv's, else with pip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.distribution import Wheel
from nox_cleanroom.environment import Environment
from nox_cleanroom.errors import BuildError, InstallError
from nox_cleanroom.installer import find_links_options, tool_failure
from nox_cleanroom.recorder import Recorder
from nox_cleanroom.workspace import Workspace

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

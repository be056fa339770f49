"""An interpreter in an environment of its own, and the facts about it."""

from __future__ import annotations

from pathlib import Path

from packaging.utils import canonicalize_name

from nox_cleanroom.records import dataclass
from nox_cleanroom.results import InterpreterRecord

#: The directory of the programs that run in the interpreter under test.
INSIDE = Path(__file__).parents[1] / "inside"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A fresh environment that nox has made."""

    #: Its directory.
    location: Path
    #: Its directory of programs.
    bin_dir: Path
    #: Its interpreter.
    python: Path
    #: The tool that made it: ``uv``, ``virtualenv`` or ``venv``.
    backend: str
    #: The uv program, when uv installs and builds.
    uv: str | None = None

    def module(self, name: str, *arguments: str) -> list[str]:
        """The command that runs a module with the interpreter in isolated mode."""
        return [str(self.python), "-I", "-m", name, *arguments]

    def pip_install(self, *words: str, into: Environment | None = None) -> list[str]:
        """The command that installs packages: uv's, or that of the environment's own pip.

        The installer compiles nothing, because fewer modules are imported than installed.

        Args:
            words: further words of the command.
            into: another environment of the same Python to install into.
        """
        python = str((into or self).python)
        if self.uv:
            return [self.uv, "--no-progress", "pip", "install", "--python", python, *words]
        elsewhere = ("--python", python) if into is not None else ()
        quiet = ("--disable-pip-version-check", "--no-input")
        return self.module("pip", *quiet, *elsewhere, "install", "--no-compile", *words)

    def pip_uninstall(self, name: str) -> list[str]:
        """The command that uninstalls a distribution, if it is installed."""
        if self.uv:
            return [self.uv, "pip", "uninstall", "--python", str(self.python), name]
        return self.module("pip", "uninstall", "--yes", name)


def installed_versions(facts: Facts) -> dict[str, str]:
    """The versions of what is installed in an environment, by name."""
    sites = {facts.paths[scheme] for scheme in ("purelib", "platlib")}
    found = [info.stem for site in sites for info in Path(site).glob("*.dist-info")]
    pairs = (name.rpartition("-") for name in sorted(found))
    return {canonicalize_name(name): version for name, _, version in pairs if name}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts that an interpreter reports about itself."""

    version: str
    implementation: str
    #: The tag in the names of its bytecode files; empty when it writes none.
    cache_tag: str
    executable: str
    prefix: str
    platform: str
    #: The wheel tags that it installs, best first.
    tags: tuple[str, ...]
    #: Its values of the names in environment markers (PEP 508).
    markers: dict[str, str]
    #: Its installation scheme: purelib, platlib, scripts, data.
    paths: dict[str, str]

    @property
    def kind(self) -> str:
        """The tag that interpreters share when they run the same wheels, such as ``cp311``."""
        return self.tags[0].partition("-")[0]

    def record(self, environment: Environment) -> InterpreterRecord:
        """The part of the facts that evidence keeps."""
        return InterpreterRecord(
            version=self.version,
            implementation=self.implementation,
            executable=self.executable,
            platform=self.platform,
            environment=environment.backend,
        )

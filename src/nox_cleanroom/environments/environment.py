"""An interpreter in an environment of its own, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nox_cleanroom.results import InterpreterRecord

#: What runs in the interpreter under test.
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
    #: Who made it: ``uv``, ``virtualenv`` or ``venv``.
    backend: str
    #: The uv program, when it is what installs and builds.
    uv: str | None = None

    def module(self, name: str, *arguments: str) -> list[str]:
        """The command that runs a module with the interpreter, isolated from where it runs."""
        return [str(self.python), "-I", "-m", name, *arguments]

    def pip_install(self, *words: str, into: Environment | None = None) -> list[str]:
        """The command that installs packages: uv's, or that of the environment's own pip.

        Nothing is compiled beforehand: what is imported is compiled then, and that is less.

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


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What an interpreter says of itself."""

    version: str
    implementation: str
    #: What its bytecode is called by; empty when it keeps none.
    cache_tag: str
    executable: str
    prefix: str
    platform: str
    #: The wheel tags that it installs, best first.
    tags: tuple[str, ...]
    #: What it makes of the names in environment markers (PEP 508).
    markers: dict[str, str]
    #: Its installation scheme: purelib, platlib, scripts, data.
    paths: dict[str, str]

    @property
    def kind(self) -> str:
        """What interpreters that run the same wheels share, such as ``cp311``."""
        return self.tags[0].partition("-")[0]

    def record(self, environment: Environment) -> InterpreterRecord:
        """What evidence keeps of it."""
        return InterpreterRecord(
            version=self.version,
            implementation=self.implementation,
            executable=self.executable,
            platform=self.platform,
            environment=environment.backend,
        )

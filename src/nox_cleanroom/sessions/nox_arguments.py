"""The command line of ``nox-cleanroom``, split into our options and those of nox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: Nox options whose value is a path, which nox resolves against the noxfile's directory.
_PATH_OPTIONS = ("--report", "--envdir")

#: nox options that name sessions; we also accept names without an option.
_SESSION_OPTIONS = frozenset({"-s", "-e", "--sessions", "--session"})

#: Nox options that take every word up to the next option.
_MANY_VALUES = frozenset(
    {
        *("-t", "--tags", "-p", "--pythons", "--python"),
        *("-P", "--force-pythons", "--force-python", "--extra-pythons", "--extra-python"),
    }
)

#: nox options with a value that is not the name of a session.
_VALUE_OPTIONS = _MANY_VALUES | frozenset(
    {
        *("-k", "--keywords", "-j", "--parallel", "-db", "-fb"),
        *("--default-venv-backend", "--force-venv-backend", "--reuse-venv"),
        *("--download-python", "--usage", *_PATH_OPTIONS),
    }
)


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """The command line, split into our options and those of nox."""

    #: The named sessions, with or without ``-s``.
    sessions: tuple[str, ...]
    #: Options for nox.
    nox_options: tuple[str, ...]
    #: Our options: ``--`` and all that follows.
    ours: tuple[str, ...]

    @classmethod
    def from_arguments(cls, arguments: Sequence[str], cwd: Path) -> CommandLine:
        """The parts of a command line; relative paths become absolute.

        >>> CommandLine.from_arguments(["clean-check", "-v"], Path("/")).sessions
        ('clean_check',)
        """
        split = arguments.index("--") if "--" in arguments else len(arguments)
        sessions: list[str] = []
        options: list[str] = []
        taking = ""
        for argument in arguments[:split]:
            name, equals, value = argument.partition("=")
            if argument.startswith("-"):
                taking = "" if equals else name
                if name in _SESSION_OPTIONS:
                    sessions += [_session(value)] if equals else []
                elif name in _PATH_OPTIONS and equals:
                    options.append(f"{name}={cwd / value}")
                else:
                    options.append(argument)
            elif taking in _PATH_OPTIONS:
                options.append(str(cwd / argument))
                taking = ""
            elif taking in _VALUE_OPTIONS:
                options.append(argument)
                # Some of these take every word up to the next option.
                taking = taking if taking in _MANY_VALUES else ""
            else:
                sessions.append(_session(argument))
        return cls(
            sessions=tuple(dict.fromkeys(sessions)),
            nox_options=tuple(options),
            ours=tuple(arguments[split:]),
        )

    def value_of(self, option: str) -> str | None:
        """The value of an option of nox; None if it is not given."""
        for position, argument in enumerate(self.nox_options):
            if argument == option and position + 1 < len(self.nox_options):
                return self.nox_options[position + 1]
            if argument.startswith(f"{option}="):
                return argument.partition("=")[2]
        return None


def _session(name: str) -> str:
    return name.replace("clean-check", "clean_check")

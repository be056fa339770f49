"""The command line of ``nox-cleanroom``: one table says whose each word is, ours or nox's."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from nox_cleanroom.config.options import MANY, NONE, ONE, OPTIONS, VALUES
from nox_cleanroom.config.pythons import supported_pythons
from nox_cleanroom.errors import Code, UsageError, nearest
from nox_cleanroom.records import dataclass

#: Our commands that are no sessions of nox.
COMMANDS = ("check", "explain", "hook", "init", "join")

#: The option that nox gives to its own processes.
_OF_WORKERS = "--parallel-worker"

#: The options of nox. A test compares them with nox's own help.
NOX_OPTIONS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            *("-v", "--verbose", "--no-verbose", "-l", "--list", "--list-sessions", "--json"),
            *("-r", "--reuse-existing-virtualenvs", "-N", "--no-reuse-existing-virtualenvs"),
            *("-R", "-x", "--stop-on-first-error", "--no-stop-on-first-error", "--no-venv"),
            *("--error-on-external-run", "--no-error-on-external-run"),
            *("--error-on-missing-interpreters", "--no-error-on-missing-interpreters"),
            *("--allow-parallel", "--no-allow-parallel", "--no-dependencies", "--install-only"),
            *("--no-install", "--non-interactive", "-ts", "--add-timestamp"),
            *("--nocolor", "--no-color", "--forcecolor", "--force-color", _OF_WORKERS),
        ),
        NONE,
    ),
    **dict.fromkeys(
        (
            *("-j", "--parallel", "-k", "--keywords", "-f", "--noxfile", "--usage"),
            *("-db", "--default-venv-backend", "-fb", "--force-venv-backend", "--reuse-venv"),
            *("--download-python", "--script-mode", "--script-venv-backend"),
            *("--envdir", "--report"),
        ),
        ONE,
    ),
    **dict.fromkeys(
        (
            *("-s", "-e", "--sessions", "--session", "-t", "--tags", "-p", "--python"),
            *("--extra-pythons", "--extra-python", "-P", "--force-pythons", "--force-python"),
        ),
        MANY,
    ),
}
_SESSION_OPTIONS = frozenset({"-s", "-e", "--sessions", "--session"})
#: Those whose value is a path, which nox resolves against the noxfile's directory.
_PATH_OPTIONS = frozenset({"--report", "--envdir", "--noxfile", "-f"})
#: Those that choose sessions, or only list them.
_CHOOSING = frozenset(
    {
        *("-l", "--list", "--list-sessions", "--usage", "-k", "--keywords", "-t", "--tags"),
        *(name for name, count in NOX_OPTIONS.items() if count == MANY),
    }
)


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """The words of a command line, each with whom it is for."""

    #: The named sessions, with or without ``-s``.
    sessions: tuple[str, ...]
    #: Options of nox, each with its values.
    nox_options: tuple[tuple[str, ...], ...]
    #: Our options, as after ``--`` of nox.
    ours: tuple[str, ...]

    @classmethod
    def parse(cls, arguments: Sequence[str], cwd: Path) -> CommandLine:
        """The parts of a command line; relative paths for nox become absolute.

        Our options may stand before or after ``--``.

        >>> CommandLine.parse(["clean-check", "-v", "--strict"], Path("/")).ours
        ('--strict',)

        Raises:
            UsageError: an option is neither ours nor one of nox.
        """
        split = arguments.index("--") if "--" in arguments else len(arguments)
        waiting, ours = list(arguments[:split]), list[str]()
        sessions, nox_options = list[str](), list[tuple[str, ...]]()
        while waiting:
            word = waiting.pop(0)
            if not word.startswith("-") or word == "-":
                sessions.append(word)
                continue
            name, values = _option(word, waiting)
            if name in OPTIONS:
                ours += [name, *values]
            elif name in _SESSION_OPTIONS:
                sessions += values
            else:
                is_path = name in _PATH_OPTIONS
                nox_options.append((name, *(str(cwd / one) if is_path else one for one in values)))
        return cls(
            sessions=tuple(
                dict.fromkeys(one.replace("clean-check", "clean_check") for one in sessions)
            ),
            nox_options=tuple(nox_options),
            ours=(*ours, *arguments[split + 1 :]),
        )

    @property
    def chooses_sessions(self) -> bool:
        """Whether it names sessions, chooses them in another way, or only lists them."""
        return bool(self.sessions) or any(one[0] in _CHOOSING for one in self.nox_options)

    @property
    def only_lists(self) -> bool:
        """Whether it only lists sessions."""
        return any(one[0] in {"-l", "--list", "--list-sessions"} for one in self.nox_options)

    @property
    def backend(self) -> str:
        """The tool that the user forces for environments; empty when there is none."""
        if ("--no-venv",) in self.nox_options:
            return "none"
        return self.value_of("-fb", "--force-venv-backend")

    @property
    def noxfile(self) -> str:
        """The user's own noxfile; empty when ours is used."""
        return self.value_of("-f", "--noxfile")

    def value_of(self, *names: str) -> str:
        """The last value of an option of nox, which may have several names; empty without one."""
        return next((one[-1] for one in reversed(self.nox_options) if one[0] in names), "")

    def without(self, *names: str) -> list[str]:
        """The words for nox, without some options."""
        kept = (one for one in self.nox_options if one[0] not in names)
        return [word for option in kept for word in option]


def _option(word: str, waiting: list[str]) -> tuple[str, list[str]]:
    """The full name of an option, and its values, taken from the words that follow it.

    Raises:
        UsageError: there is no such option, or it takes no value.
    """
    if word not in NOX_OPTIONS and NOX_OPTIONS.get(word[:2]):
        # As in `-j2`.
        return word[:2], [word[2:]]
    name, equals, value = word.partition("=")
    name = _known(name)
    count = OPTIONS.get(name, NOX_OPTIONS.get(name, NONE))
    if equals and not count:
        raise UsageError(f"The option {name} takes no value.", hint="Leave out the `=`.")
    return name, [value] if equals else _take(waiting, count, _VALUES.get(name, _is_any))


def _known(name: str) -> str:
    """The full name of an option, of which the beginning is enough.

    Raises:
        UsageError: there is none.
    """
    if name in OPTIONS or name in NOX_OPTIONS:
        return name
    options = [*OPTIONS, *NOX_OPTIONS]
    begun = [one for one in options if name.startswith("--") and one.startswith(name)]
    if len(begun) == 1:
        return begun[0]
    raise refusal("option", name, options)


def _take(waiting: list[str], count: int, is_value: Callable[[str], bool]) -> list[str]:
    """Take the values of an option from the words that follow it."""
    taken: list[str] = []
    while waiting and (count == MANY or len(taken) < count):
        if count == MANY and (waiting[0].startswith("-") or not is_value(waiting[0])):
            break
        taken.append(waiting.pop(0))
    return taken


def _is_any(_word: str) -> bool:
    return True


def _is_path(word: str) -> bool:
    is_session = re.match(r"(smoke|matrix|clean[_-]check)(-|$)", word)
    return os.path.lexists(word) or not is_session


def _is_python(word: str) -> bool:
    return re.match(r"[\d<>=!~]|python|pypy|cpython", word) is not None


#: What can follow an option with several values; what cannot is a session.
_VALUES: Mapping[str, Callable[[str], bool]] = {
    **dict.fromkeys(
        (
            *("-p", "--python", "-P", "--force-pythons", "--force-python"),
            *("--extra-pythons", "--extra-python"),
        ),
        _is_python,
    ),
    "--dist": _is_path,
}


def refusal(kind: str, name: str, known: Collection[str]) -> UsageError:
    """The error about a word that is not known, with the nearest that is."""
    near = nearest(name, known)
    guess = f" Did you mean {near!r}?" if near else ""
    return UsageError(
        f"There is no {kind} {name!r}.{guess}",
        hint="`nox-cleanroom --help` shows sessions and options.",
    )


def complete() -> None:
    """Answer a shell that completes a word, and exit (https://kislyuk.github.io/argcomplete/)."""
    import argparse  # noqa: PLC0415 - only shells that complete need it

    import argcomplete  # noqa: PLC0415
    from argcomplete.completers import FilesCompleter  # noqa: PLC0415

    def words(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
        command = next(iter(parsed_args.words or ()), "")
        if command in {"check", "join"}:
            return list(FilesCompleter()(prefix))
        return list(Code.__members__) if command == "explain" else [*COMMANDS, *sessions]

    sessions = ["smoke", "matrix", "clean_check", *(f"smoke-{one}" for one in supported_pythons())]
    parser = argparse.ArgumentParser()
    parser.add_argument("words", nargs="*").completer = words  # type: ignore[attr-defined]
    parser.add_argument("-V", "--version", "--clear-cache", action="store_true")
    for name, count in {**NOX_OPTIONS, **OPTIONS}.items():
        if count == NONE and name != _OF_WORKERS:
            parser.add_argument(name, action="store_true")
        elif count != NONE:
            choices = VALUES.get(name, {}).get("choices")
            parser.add_argument(name, nargs="*" if count == MANY else None, choices=choices)
    argcomplete.autocomplete(parser)

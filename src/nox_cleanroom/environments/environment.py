"""An interpreter in an environment of its own, and the questions that can be put to it."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import packaging

from nox_cleanroom.environments.interpreter import identity_of
from nox_cleanroom.errors import CleanroomError, Code
from nox_cleanroom.output import last_lines
from nox_cleanroom.places.files import is_full, write_whole
from nox_cleanroom.places.workspace import Workspace
from nox_cleanroom.results import InterpreterRecord, Step
from nox_cleanroom.steps import Recorder

#: What runs in the interpreter under test.
INSIDE = Path(__file__).parents[1] / "inside"


class Program(NamedTuple):
    """A program that runs in the interpreter under test and answers questions."""

    path: Path
    #: An answer from a line of what it writes.
    parse: Callable[[str], Any]


#: Asks an interpreter that has next to nothing imported.
_ASKING = Program(INSIDE / "asking.py", ast.literal_eval)
#: Reads modules without running them.
_READING = Program(INSIDE / "reading.py", json.loads)


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


class Question(NamedTuple):
    """What an interpreter is asked."""

    #: ``read``, or one of those in ``inside/asking.py``.
    kind: str
    #: A module, a file, or whatever the question is about.
    subject: str

    @property
    def program(self) -> Program:
        """Who answers it."""
        return _READING if self.kind == "read" else _ASKING


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the interpreter said about one subject, or how it ended instead."""

    subject: str
    #: The answer; None when the process ended before it could give one.
    said: dict[str, Any] | None
    #: The step in which it was asked.
    step: Step
    #: Whether the process of that step lived to answer everything that it was asked.
    completed: bool

    @property
    def error(self) -> dict[str, Any] | None:
        """The exception that was raised instead of an answer."""
        return self.said.get("error") if self.said else None


def ask(
    environment: Environment,
    recorder: Recorder,
    workspace: Workspace,
    *,
    step: str,
    questions: Sequence[Question],
    env: dict[str, str],
    bytecode: Path | None = None,
) -> list[Answer]:
    """Put questions to an interpreter, isolated, from an empty directory.

    When a subject ends the process, that is its answer, and the rest is asked in a new one.

    Args:
        environment: whose interpreter is asked.
        recorder: runs the steps.
        workspace: has room for the empty directory and for the answers.
        step: the step's name.
        questions: each with its subject; all for the same program.
        env: the variables that the interpreter sees.
        bytecode: where a program of ours in several modules keeps their bytecode.
    """
    more = [] if bytecode is None else [bytecode]
    answers: list[Answer] = []
    while len(answers) < len(questions):
        remaining = questions[len(answers) :]
        neutral = workspace.directory("question")
        request, replies = (Path(f"{neutral}.{what}") for what in ("request", "answers"))
        words = "".join(f"{word}\0" for question in remaining for word in question)
        request.write_bytes(words.encode("utf-8", "surrogateescape"))
        program = remaining[0].program
        done = recorder.run(
            step,
            [environment.python, "-I", program.path, request, replies, *more],
            cwd=neutral,
            env=env,
            only_reads=program is _READING,
        )
        said = _read_answers(replies, program)
        answers += [
            Answer(
                subject=question.subject,
                said=reply,
                step=done,
                completed=len(said) == len(remaining),
            )
            for question, reply in zip(remaining, said, strict=False)
        ]
        if len(said) < len(remaining):
            answers.append(
                Answer(subject=remaining[len(said)].subject, said=None, step=done, completed=False)
            )
    return answers


def _read_answers(path: Path, program: Program) -> list[dict[str, Any]]:
    """The answers, up to the first that is none: half of one, or one that others wrote."""
    answers: list[dict[str, Any]] = []
    with contextlib.suppress(OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        for line in path.read_text(encoding="utf-8").splitlines():
            said = program.parse(line)
            if not _is_answer(said):
                break
            answers.append(said)
    return answers


#: What an answer is made of: text about an exception, or lists of text about what went well.
_ABOUT_ERRORS = ("type", "message")
_LISTS = ("places", "wrote", "started", "demands")


def _is_answer(said: object) -> bool:
    if not isinstance(said, dict):
        return False
    error = said.get("error")
    if error is not None:
        return isinstance(error, dict) and all(
            isinstance(error.get(key), str) for key in _ABOUT_ERRORS
        )
    lists = [said[key] for key in _LISTS if key in said]
    return all(
        isinstance(one, list) and all(isinstance(word, str) for word in one) for one in lists
    )


def learn_facts(
    environment: Environment,
    recorder: Recorder,
    workspace: Workspace,
    env: dict[str, str],
    *,
    known: Path,
) -> Facts:
    """What the environment's interpreter says of itself.

    It is asked once: the same interpreter says the same in every environment, but for where
    the environment is.

    Args:
        environment: whose interpreter is asked.
        recorder: runs the step.
        workspace: has room for the question.
        env: the variables that the interpreter sees.
        known: a directory in which the answers are kept between runs.

    Raises:
        CleanroomError: it cannot run at all.
    """
    record = _place_of_facts(environment, known)
    place = json.dumps(str(environment.location))[1:-1]
    if record is not None:
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            said = json.loads(record.read_text(encoding="utf-8").replace(_HERE, place))
            return Facts(**{**said, "tags": tuple(said["tags"])})
    facts = _ask_for_facts(environment, recorder, workspace, env)
    if record is not None:
        with contextlib.suppress(OSError):
            record.parent.mkdir(parents=True, exist_ok=True)
            write_whole(record, json.dumps(vars(facts)).replace(place, _HERE).encode())
    return facts


#: Stands for the environment's directory in what is kept.
_HERE = "{environment}"


def _place_of_facts(environment: Environment, known: Path) -> Path | None:
    """Where the facts about an interpreter are kept; None when it lies in the environment.

    There it is a copy, as on Windows, and nothing tells which one it was copied from.
    """
    original = Path(os.path.realpath(environment.python))
    if original.is_relative_to(os.path.realpath(environment.location)):
        return None
    identity = (*identity_of(environment.python), packaging.__version__, platform.release())
    name = hashlib.sha256(repr(identity).encode("utf-8", "surrogateescape")).hexdigest()[:20]
    return known / f"{environment.backend}-{name}.json"


def _ask_for_facts(
    environment: Environment, recorder: Recorder, workspace: Workspace, env: dict[str, str]
) -> Facts:
    (answer,) = ask(
        environment,
        recorder,
        workspace,
        step="look at interpreter",
        questions=[Question("facts", str(Path(packaging.__file__).parent.parent))],
        env=env,
    )
    if answer.said is None or answer.error:
        words = answer.error.get("traceback", "") if answer.error else answer.step.output
        reason = ": the disk is full" if is_full(workspace.tmp) else ""
        raise CleanroomError(
            f"The interpreter {str(environment.python)!r} cannot be asked about itself{reason}.",
            output=last_lines(words),
            code=Code.NO_SPACE if reason else Code.TOOL_MISSING,
        )
    said = answer.said
    return Facts(
        version=said["version"],
        implementation=said["implementation"],
        cache_tag=said["cache_tag"],
        executable=said["executable"],
        prefix=said["prefix"],
        platform=said["platform"],
        tags=tuple(said["tags"]),
        markers=said["markers"],
        paths=said["paths"],
    )

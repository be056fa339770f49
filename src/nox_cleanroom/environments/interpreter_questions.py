"""Questions to an interpreter, each answered by a program of ours that runs in it."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nox_cleanroom.environments.environment import INSIDE, Environment
from nox_cleanroom.records import dataclass
from nox_cleanroom.results import Step
from nox_cleanroom.steps import Steps


class Program(NamedTuple):
    """A program that runs in the interpreter under test and answers questions."""

    path: Path
    #: Parses an answer from a line of its output.
    parse: Callable[[str], Any]


#: Answers questions in an interpreter with almost no imports.
_ANSWERING = Program(INSIDE / "answering.py", ast.literal_eval)
#: Reads modules without running them.
_READING = Program(INSIDE / "reading.py", json.loads)


class Question(NamedTuple):
    """A question to an interpreter."""

    #: ``read``, or one of those in ``inside/answering.py``.
    kind: str
    #: The module, the file or the other thing that the question is about.
    subject: str

    @property
    def program(self) -> Program:
        """The program that answers it."""
        return _READING if self.kind == "read" else _ANSWERING


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The interpreter's answer about one subject, or how its process ended instead."""

    #: The kind of the question.
    kind: str
    subject: str
    #: The answer; None when the process ended before it could give one.
    said: Mapping[str, Any] | None
    #: Whether the process answered all its questions.
    completed: bool = True
    #: Whether the process then ended in time and without an error.
    succeeded: bool = True
    timed_out: bool = False
    #: How the process ended, for people, and its last output; empty when it ended well.
    ending: str = ""
    output: str = ""

    @property
    def error(self) -> Mapping[str, Any] | None:
        """The exception that the subject raised."""
        return self.said.get("error") if self.said else None


def ask(
    environment: Environment,
    steps: Steps,
    *,
    step: str,
    questions: Sequence[Question],
    env: Mapping[str, str],
    arguments: Sequence[Path] = (),
) -> list[Answer]:
    """Ask an isolated interpreter questions, in an empty directory.

    When a subject ends the process, its answer says so, and a new process gets the other questions.

    Args:
        environment: the environment with the interpreter.
        steps: runs the step, and makes the directories.
        step: the step's name.
        questions: each with its subject; all for the same program.
        env: the variables that the interpreter sees.
        arguments: further arguments of the program.
    """
    answers: list[Answer] = []
    while len(answers) < len(questions):
        remaining = questions[len(answers) :]
        neutral = steps.directory("question")
        request, replies = (Path(f"{neutral}.{what}") for what in ("request", "answers"))
        words = "".join(f"{word}\0" for question in remaining for word in question)
        request.write_bytes(words.encode("utf-8", "surrogateescape"))
        program = remaining[0].program
        done = steps.run(
            step,
            [environment.python, "-I", program.path, request, replies, *arguments],
            cwd=neutral,
            env=env,
            only_reads=program is _READING,
        )
        said = _read_answers(replies, program)
        answers += _answers(remaining, said, done)
    return answers


def _answers(
    questions: Sequence[Question], said: Sequence[Mapping[str, Any]], step: Step
) -> list[Answer]:
    """The answers of one process; the first question without one gets the end of the process."""
    heard = [*said, None][: len(questions)]
    is_well = step.succeeded and None not in heard
    about_end = {} if is_well else {"ending": step.ending, "output": step.output}
    return [
        Answer(
            kind=question.kind,
            subject=question.subject,
            said=reply,
            completed=len(said) == len(questions),
            succeeded=step.succeeded,
            timed_out=step.timed_out,
            **about_end,
        )
        for question, reply in zip(questions, heard, strict=False)
    ]


def _read_answers(path: Path, program: Program) -> list[dict[str, Any]]:
    """The answers before the first invalid one, which may be cut off or from other code."""
    answers: list[dict[str, Any]] = []
    with contextlib.suppress(OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        for line in path.read_text(encoding="utf-8").splitlines():
            said = program.parse(line)
            if not _is_answer(said):
                break
            answers.append(said)
    return answers


#: The fields of an answer: text about an exception, or lists of text about a success.
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

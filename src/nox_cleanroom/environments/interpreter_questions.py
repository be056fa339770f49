"""Questions to an interpreter, each answered by a program of ours that runs in it."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from nox_cleanroom.environments.environment import INSIDE, Environment
from nox_cleanroom.results import Step
from nox_cleanroom.steps import Steps


class Program(NamedTuple):
    """A program that runs in the interpreter under test and answers questions."""

    path: Path
    #: An answer from a line of what it writes.
    parse: Callable[[str], Any]


#: Asks an interpreter that has next to nothing imported.
_ANSWERING = Program(INSIDE / "answering.py", ast.literal_eval)
#: Reads modules without running them.
_READING = Program(INSIDE / "reading.py", json.loads)


class Question(NamedTuple):
    """What an interpreter is asked."""

    #: ``read``, or one of those in ``inside/answering.py``.
    kind: str
    #: A module, a file, or whatever the question is about.
    subject: str

    @property
    def program(self) -> Program:
        """Who answers it."""
        return _READING if self.kind == "read" else _ANSWERING


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the interpreter said about one subject, or how it ended instead."""

    #: The kind of the question.
    kind: str
    subject: str
    #: The answer; None when the process ended before it could give one.
    said: Mapping[str, Any] | None
    #: Whether the process lived to answer everything that it was asked.
    completed: bool = True
    #: Whether it then ended well, in time.
    succeeded: bool = True
    timed_out: bool = False
    #: How it ended, for people, and the end of what it printed; empty when it ended well.
    ending: str = ""
    output: str = ""

    @property
    def error(self) -> Mapping[str, Any] | None:
        """The exception that was raised instead of an answer."""
        return self.said.get("error") if self.said else None


def ask(
    environment: Environment,
    steps: Steps,
    *,
    step: str,
    questions: Sequence[Question],
    env: Mapping[str, str],
    bytecode: Path | None = None,
) -> list[Answer]:
    """Put questions to an interpreter, isolated, from an empty directory.

    When a subject ends the process, that is its answer, and the rest is asked in a new one.

    Args:
        environment: whose interpreter is asked.
        steps: runs the step, and has room for the empty directory and for the answers.
        step: the step's name.
        questions: each with its subject; all for the same program.
        env: the variables that the interpreter sees.
        bytecode: where a program of ours in several modules keeps their bytecode.
    """
    more = [] if bytecode is None else [bytecode]
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
            [environment.python, "-I", program.path, request, replies, *more],
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
    """The answers of one process: of the first question without one, how it ended instead."""
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

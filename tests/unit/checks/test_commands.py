"""The project's own commands: how they ended, and what they printed as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from values import Says, look

from nox_cleanroom.config.commands import Command, JsonContract
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding
from nox_cleanroom.probes.commands import CommandRun, Commands, JsonAnswer, NamedPath

NAME = "commands"
SAYS = Says(NAME)
SUBJECT = "demo --json"
FINE = SAYS.passed(SUBJECT)
DIGEST = "ab" * 32


def ran(*, expect_exit: int = 0, contract: JsonContract | None = None, **more: Any) -> CommandRun:
    """A command that ended well, unless more is said."""
    command = Command(argv=("demo", "--json"), expect_exit=expect_exit, contract=contract)
    values = {"exit_status": 0, **more}
    return CommandRun(command=command, program="demo", **values)


def printed(value: Any, contract: JsonContract, **paths: NamedPath) -> CommandRun:
    """A command that printed JSON."""
    return ran(contract=contract, answer=JsonAnswer(value=value, paths=paths), output="words\n")


def failed(message: str) -> Finding:
    return SAYS.failed(SUBJECT, message, output="words")


def path(*, exists: bool = True, is_file: bool = True, sha256: str = DIGEST) -> NamedPath:
    return NamedPath(path="/out", exists=exists, is_file=is_file, sha256=sha256)


HASHED = JsonContract(sha256={"digest": "file"})

CASES: dict[str, tuple[CommandRun, Finding]] = {
    "it ended well": (ran(), FINE),
    "there is no such program": (
        ran(has_program=False, exit_status=None),
        SAYS.failed(
            SUBJECT,
            "There is no program 'demo' in the environment, nor on PATH.",
            hint="Is it an entry point of the package, or of a requirement that is not declared?",
        ),
    ),
    "it took too long": (
        ran(
            exit_status=-9,
            timed_out=True,
            ending="still running after 5 s, so it was ended",
            output="words\n",
        ),
        SAYS.failed(
            SUBJECT,
            "It was still running after 5 s, so it was ended.",
            hint="Give it more with `timeout`, in seconds.",
            output="words",
            code=Code.TIMEOUT,
        ),
    ),
    "it failed": (
        ran(exit_status=2, ending="exit status 2", output="words\n"),
        failed("It ended with exit status 2."),
    ),
    "it failed as expected": (ran(exit_status=2, expect_exit=2), FINE),
    "it should have failed": (
        ran(expect_exit=2, ending="exit status 0", output="words\n"),
        failed("It ended with exit status 0, where 2 was expected."),
    ),
    "it printed no JSON": (
        ran(
            contract=JsonContract(),
            answer=JsonAnswer(problem="its standard output is not JSON (line 1)"),
            output="words\n",
        ),
        failed("its standard output is not JSON (line 1)."),
    ),
    "any object will do": (printed({}, JsonContract()), FINE),
    "all keys are there": (
        printed({"a": None, "b": {"c": 0}, "d.e": 1}, JsonContract(require=("a", "b.c", "d.e"))),
        FINE,
    ),
    "keys are missing": (
        printed({"b": 3}, JsonContract(require=("a", "b.c"))),
        failed("the key `a` is missing; the key `b.c` is missing."),
    ),
    "values are as they should be": (
        printed({"a": {"b": [1, "x"]}, "c": 1.0}, JsonContract(equals={"a.b": [1, "x"], "c": 1})),
        FINE,
    ),
    "values are otherwise": (
        printed({"a": "two"}, JsonContract(equals={"a": "one", "b": 1})),
        failed('`a` is "two", not "one"; the key `b` is missing.'),
    ),
    "true is not 1": (
        printed({"a": True, "b": 0}, JsonContract(equals={"a": 1, "b": False})),
        failed("`a` is true, not 1; `b` is 0, not false."),
    ),
    "a long value is cut": (
        printed({"a": "x" * 200}, JsonContract(equals={"a": 1})),
        failed(f'`a` is "{"x" * 119}..., not 1.'),
    ),
    "a path is there": (
        printed({"a": "out"}, JsonContract(paths=("a",)), a=path()),
        SAYS.passed(SUBJECT, "a = /out"),
    ),
    "a path is not there": (
        printed({"a": "out"}, JsonContract(paths=("a",)), a=path(exists=False)),
        failed("`a` names /out, which does not exist."),
    ),
    "what should be a path is none": (
        printed({"a": 3}, JsonContract(paths=("a", "b"))),
        failed("`a` is 3, not a path; `b` is missing, not a path."),
    ),
    "the digest is right, in whatever case": (
        printed({"digest": DIGEST.upper(), "file": "out"}, HASHED, file=path()),
        FINE,
    ),
    "the digest is another": (
        printed({"digest": "cd" * 32, "file": "out"}, HASHED, file=path()),
        failed("`digest` is not the sha256 of /out."),
    ),
    "a directory has no digest": (
        printed({"digest": DIGEST, "file": "out"}, HASHED, file=path(is_file=False, sha256="")),
        failed("`file` names /out, which is not a file."),
    ),
    "a file that is not the command's own": (
        printed({"digest": DIGEST, "file": "out"}, HASHED, file=path(sha256="")),
        failed(
            "`file` names /out, which is outside of the command's directory and the environment, so"
            " it is not read."
        ),
    ),
    "neither a digest nor a path": (
        printed({"digest": 3}, HASHED),
        failed("`digest` and `file` must be a digest and a path."),
    ),
}


@pytest.mark.parametrize(("run", "finding"), CASES.values(), ids=CASES)
def test_commands(run: CommandRun, finding: Finding) -> None:
    assert look(NAME, {"commands": Commands(runs=(run,))}) == [finding]


def test_a_project_may_have_none() -> None:
    assert look(NAME, {"commands": Commands(runs=())}) == [
        SAYS.skipped("smoke", "The project configures no smoke commands.")
    ]


def test_each_command_has_a_finding() -> None:
    other = CommandRun(command=Command(argv=("x", "a b")), program="x", exit_status=0)
    assert look(NAME, {"commands": Commands(runs=(ran(), other))}) == [
        FINE,
        SAYS.passed("x 'a b'"),
    ]

"""Do the project's own smoke commands succeed, and print what they promise?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nox_cleanroom.config.commands import JsonContract
from nox_cleanroom.errors import Code
from nox_cleanroom.findings import Finding, Outcome
from nox_cleanroom.output import clean_text, last_lines, printable
from nox_cleanroom.probes.commands import MISSING, CommandRun, Commands, JsonAnswer, lookup


def check(*, commands: Commands) -> Iterator[Finding]:
    """One finding per command, in the order of the configuration."""
    if not commands.runs:
        yield Finding("smoke", Outcome.SKIPPED, "The project configures no smoke commands.")
    yield from map(judge, commands.runs)


def judge(run: CommandRun) -> Finding:
    """The finding about one command."""
    command, words = run.command, last_lines(run.output)
    if not run.has_program:
        return _failed(
            run,
            f"There is no program {run.program!r} in the environment, nor on PATH.",
            "Is it an entry point of the package, or of a requirement that is not declared?",
        )
    if run.timed_out:
        hint = "Give it more with `timeout`, in seconds."
        return _failed(run, f"It was {run.ending}.", hint, words, Code.TIMEOUT)
    if run.exit_status != command.expect_exit:
        wanted = f", where {command.expect_exit} was expected" if command.expect_exit else ""
        return _failed(run, f"It ended with {run.ending}{wanted}.", "", words)
    if command.contract is None or run.answer is None:
        return _finding(run, Outcome.PASSED)
    problems = list(_problems(command.contract, run.answer))
    if problems:
        return _failed(run, "; ".join(problems) + ".", "", words)
    named = {key: run.answer.paths[key].path for key in command.contract.paths}
    return _finding(
        run, Outcome.PASSED, ", ".join(f"{key} = {path}" for key, path in named.items())
    )


def _problems(contract: JsonContract, answer: JsonAnswer) -> Iterator[str]:
    if answer.value is None:
        yield clean_text(answer.problem)
        return
    for key in contract.require:
        if lookup(answer.value, key) is MISSING:
            yield f"the key `{key}` is missing"
    for key, wanted in contract.equals.items():
        yield from _value_problems(answer.value, key, wanted)
    for key in contract.paths:
        if key not in answer.paths:
            yield f"`{key}` is {_shown(lookup(answer.value, key))}, not a path"
        elif not answer.paths[key].exists:
            yield f"`{key}` names {clean_text(answer.paths[key].path)}, which does not exist"
    for digest_key, path_key in contract.sha256.items():
        yield from _digest_problems(answer, digest_key, path_key)


def _value_problems(answer: Mapping[str, Any], key: str, wanted: Any) -> Iterator[str]:
    found = lookup(answer, key)
    if found is MISSING:
        yield f"the key `{key}` is missing"
    elif found != wanted or isinstance(found, bool) is not isinstance(wanted, bool):
        yield f"`{key}` is {_shown(found)}, not {_shown(wanted)}"


def _digest_problems(answer: JsonAnswer, digest_key: str, path_key: str) -> Iterator[str]:
    stated = lookup(answer.value or {}, digest_key)
    if not isinstance(stated, str) or path_key not in answer.paths:
        yield f"`{digest_key}` and `{path_key}` must be a digest and a path"
        return
    named = answer.paths[path_key]
    path = clean_text(named.path)
    if not named.is_file:
        yield f"`{path_key}` names {path}, which is not a file"
    elif not named.sha256:
        yield (
            f"`{path_key}` names {path}, which is outside of the command's directory and the"
            " environment, so it is not read"
        )
    elif named.sha256 != stated.lower():
        yield f"`{digest_key}` is not the sha256 of {path}"


def _shown(value: Any) -> str:
    if value is MISSING:
        return "missing"
    text = clean_text(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= 120 else f"{text[:120]}..."


def _failed(
    run: CommandRun,
    message: str,
    hint: str = "",
    output: str = "",
    code: Code = Code.PROBE_FAILED,
) -> Finding:
    return _finding(run, Outcome.FAILED, message, hint, output, code)


def _finding(
    run: CommandRun,
    outcome: Outcome,
    message: str = "",
    hint: str = "",
    output: str = "",
    code: Code = Code.PROBE_FAILED,
) -> Finding:
    return Finding(printable(run.command.argv), outcome, message, hint, output=output, code=code)
